import type { StepOutcome } from '../../lifecycle/job.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord, PortRecord } from '../../lifecycle/records.ts';
import { type AgentCommand, commandFailure } from '../agent.ts';
import type { StepContext, WorkContext } from '../step.ts';

/**
 * An asynchronous command of the agent as one step: sent once, then looked at on every heartbeat until it has ended. The
 * agent itself remembers its commands, so a conductor that takes over asks it whether the command had been sent.
 *
 * @param options.within_ms the longest silence of the agent that is borne.
 * @param options.done what to do with the result; its outcome is the step's.
 */
export async function agentCommand(
  ctx: StepContext,
  name: string,
  params: () => Promise<JsonObject> | JsonObject,
  options: {
    within_ms: number | null;
    done?: (result: Json) => Promise<StepOutcome> | StepOutcome;
  },
): Promise<StepOutcome> {
  const waiting = (id: string): StepOutcome => ({
    outcome: 'wait',
    wait_for: 'heartbeat',
    within_ms: options.within_ms,
    data: { ...ctx.data, command_id: id },
  });
  const judge = (command: AgentCommand): Promise<StepOutcome> | StepOutcome => {
    if (command.command_status === 'RUNNING') return waiting(command.id);
    if (command.command_status !== 'SUCCEEDED') throw commandFailure(name, command);
    return options.done?.(command.command_result) ?? { outcome: 'done' };
  };
  const { command_id } = ctx.data;
  if (typeof command_id === 'string') {
    const commands = await ctx.agent().commands();
    const known = commands.find((command) => command.id === command_id);
    if (known === undefined)
      throw commandFailure(name, {
        ...NO_COMMAND,
        command_error: 'the ramdisk has no record of it: the server was restarted meanwhile',
      });
    return judge(known);
  }
  return judge(await ctx.agent().run(name, await params()));
}

const NO_COMMAND: AgentCommand = {
  id: '',
  command_name: '',
  command_params: {},
  command_status: 'FAILED',
  command_error: null,
  command_result: null,
};

/**
 * Whether a conductor that died had sent the command: the step goes on with it, or is run again when the agent has never
 * heard of it.
 */
export async function probeAgentCommand(
  ctx: StepContext,
  name: string,
  run: (ctx: StepContext) => Promise<StepOutcome>,
  matches: (command: AgentCommand) => boolean = () => true,
): Promise<StepOutcome | 'repeat'> {
  if (typeof ctx.data.command_id === 'string') return 'repeat';
  const short = name.slice(name.indexOf('.') + 1);
  const commands = await ctx.agent().commands();
  const sent = commands.filter((command) => command.command_name === short && matches(command)).at(-1);
  if (sent === undefined) return 'repeat';
  return run({
    ...ctx,
    get node() {
      return ctx.node;
    },
    data: { ...ctx.data, command_id: sent.id },
  });
}

/** The node and its ports, as the agent's step commands take them. Without the agent's own secrets and the BMC's. */
export async function nodeForAgent(ctx: WorkContext): Promise<{ node: JsonObject; ports: JsonObject[] }> {
  const ports = await ctx.store.ports.list({ where: { node_uuid: ctx.node.uuid } });
  return { node: nodeDocument(ctx.node), ports: ports.map(portDocument) };
}

function nodeDocument(node: NodeRecord): JsonObject {
  const { uuid, name, driver, properties, instance_info, target_raid_config, raid_config, provision_state } =
    node;
  const { agent_secret_token: _token, ...driver_internal_info } = node.driver_internal_info;
  return {
    uuid,
    name,
    driver,
    properties,
    instance_info,
    driver_internal_info,
    target_raid_config,
    raid_config,
    provision_state,
    driver_info: {},
    resource_class: node.resource_class,
    traits: node.traits,
  };
}

function portDocument(port: PortRecord): JsonObject {
  const { uuid, address, pxe_enabled, physical_network, local_link_connection, extra } = port;
  return { uuid, address, pxe_enabled, physical_network, local_link_connection, extra };
}

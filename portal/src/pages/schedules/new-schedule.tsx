import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { ActionGroup, Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { makeSchedule } from '../../api/schedules.ts';
import { serverList } from '../../api/servers.ts';
import type { ScheduleDetail, ScheduleTrial } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { fieldOf, Refusal } from '../../parts/refusal.tsx';
import { type TextKey, useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';
import { AT_FIRST, type ScheduleFields, scheduleBody } from './schedule-body.ts';
import { Windows } from './schedule-page.tsx';

const TOOLS = [
  'power-on',
  'power-off',
  'soft-power-off',
  'reboot',
  'soft-reboot',
  'bios-settings',
  'firmware-update',
] as const;

/** What the tool's action takes. */
const EXAMPLES: Partial<Record<string, string>> = {
  'bios-settings': '{"settings": {"LogicalProc": "Enabled"}}',
  'firmware-update': '{"updates": [{"component": "bios", "url": "https://…"}]}',
};

const NAMES = ['servers', 'name', 'runbook', 'args', 'start_at', 'cron', 'time_zone', 'window_s'] as const;

/** Has work done on servers at a time, or in a window that comes again. */
export function NewSchedule() {
  const say = useText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [params] = useSearchParams();
  const [fields, setFields] = useState<ScheduleFields>({
    ...{ ...AT_FIRST, servers: params.get('servers') ?? '' },
    tool: TOOLS.find((tool) => tool === params.get('tool')) ?? AT_FIRST.tool,
  });
  const [dry, setDry] = useState<ScheduleTrial | null>(null);
  const make = useMutation({
    mutationFn: async (dry_run: boolean) => {
      const body = { ...scheduleBody(fields), ...(dry_run ? { dry_run } : {}) };
      if (dry_run) return { dry: await makeSchedule<ScheduleTrial>(body) };
      return { made: await makeSchedule<ScheduleDetail>(body) };
    },
    onSuccess: (answer) => {
      if (answer.dry !== undefined) return setDry(answer.dry);
      client.setQueryData(['schedules', 'one', answer.made.uuid], answer.made);
      void client.invalidateQueries({ queryKey: ['schedules', 'pages'] });
      void navigate(`/schedules/${answer.made.uuid}`);
    },
    onMutate: () => setDry(null),
  });
  const refused = fieldOf(make.error, NAMES);
  const set = <K extends keyof ScheduleFields>(name: K, value: ScheduleFields[K]): void =>
    setFields((before) => ({ ...before, [name]: value }));
  const field = (name: keyof typeof LABELS) => ({
    id: `schedule-${name}`,
    label: say(LABELS[name]),
    value: fields[name],
    onChange: (value: string) => set(name, value),
    refused: refused === name ? make.error?.message : null,
  });
  const example = EXAMPLES[fields.tool];

  return (
    <>
      <PageHead title={say('schedule.new')} above={<Link to="/schedules">{say('nav.schedules')}</Link>} />
      <Form
        className="k-form"
        onSubmit={(event) => {
          event.preventDefault();
          const { submitter } = event.nativeEvent as SubmitEvent;
          make.mutate(submitter?.getAttribute('name') === 'dry');
        }}
      >
        <Refusal title={say('refused')} error={make.error} />
        <div className="k-fields">
          <Field {...field('name')} maxLength={255} />
          <Field
            {...field('tool')}
            choices={[
              ...TOOLS.map((tool) => ({ value: tool, label: say(`tool.${tool}`) })),
              { value: 'runbook', label: say('schedule.runbook') },
            ]}
          />
          {fields.tool === 'runbook' && (
            <Field {...field('runbook')} required help={say('schedule.runbook.help')} />
          )}
          <Field {...field('servers')} lines={3} required wide help={say('schedule.servers.help')} />
          <ServerChoice
            servers={fields.servers}
            add={(name) =>
              set('servers', [fields.servers.trimEnd(), name].filter((one) => one !== '').join('\n'))
            }
          />
          {example !== undefined && (
            <Field
              {...field('args')}
              lines={3}
              required
              wide
              mono
              placeholder={example}
              help={say('schedule.args.help')}
            />
          )}
        </div>
        <fieldset className="k-set">
          <legend>{say('schedule.when')}</legend>
          <div className="k-fields">
            <Field
              {...field('repeat')}
              choices={(['once', 'again'] as const).map((value) => ({
                value,
                label: say(value === 'once' ? 'schedule.once' : 'schedule.again'),
              }))}
            />
            {fields.repeat === 'once' ? (
              <Field {...field('start_at')} type="datetime-local" required help={say('schedule.yours')} />
            ) : (
              <>
                <Field {...field('cron')} required mono help={say('schedule.cron.help')} />
                <Field {...field('time_zone')} required />
              </>
            )}
            <Field
              {...field('window')}
              type="number"
              min={1}
              max={10080}
              required
              help={say('schedule.window.help')}
            />
          </div>
        </fieldset>
        <fieldset className="k-set">
          <legend>{say('schedule.osoff')}</legend>
          <Checkbox
            id="schedule-os_off"
            label={say('schedule.osoff.first')}
            isChecked={fields.os_off}
            onChange={(_event, on) => set('os_off', on)}
          />
          {fields.os_off && (
            <div className="k-fields k-gap">
              <Field {...field('wait_s')} type="number" min={0} max={86400} />
              <Field {...field('soft_s')} type="number" min={0} max={86400} />
              <Checkbox
                id="schedule-hard"
                label={say('schedule.hard')}
                isChecked={fields.hard}
                onChange={(_event, on) => set('hard', on)}
              />
            </div>
          )}
        </fieldset>
        <fieldset className="k-set">
          <legend>{say('schedule.limits')}</legend>
          <div className="k-fields">
            <Field {...field('at_once')} type="number" min={1} max={500} />
            <Field {...field('per_rack')} type="number" min={1} max={500} />
            <Field {...field('per_project')} type="number" min={1} max={500} />
          </div>
        </fieldset>
        {dry !== null && (
          <Alert
            variant="info"
            isInline
            component="h2"
            title={say('schedule.dry.title', { count: dry.servers.length })}
          >
            <Windows windows={dry.windows} />
          </Alert>
        )}
        <ActionGroup>
          <Button type="submit" name="make" isDisabled={make.isPending}>
            {say('schedule.make')}
          </Button>
          <Button type="submit" name="dry" variant="secondary" isDisabled={make.isPending}>
            {say('schedule.dry')}
          </Button>
          <Button variant="link" onClick={() => void navigate('/schedules')}>
            {say('cancel')}
          </Button>
        </ActionGroup>
      </Form>
    </>
  );
}

const LABELS = {
  name: 'column.name',
  tool: 'schedule.what',
  runbook: 'schedule.runbook',
  args: 'schedule.args',
  servers: 'list.title',
  repeat: 'schedule.repeat',
  start_at: 'schedule.start',
  cron: 'schedule.cron',
  time_zone: 'schedule.zone',
  window: 'schedule.window',
  wait_s: 'schedule.wait',
  soft_s: 'schedule.soft',
  at_once: 'schedule.at_once',
  per_rack: 'schedule.per_rack',
  per_project: 'schedule.per_project',
} as const satisfies Record<string, TextKey>;

/** What a list to choose from holds; who has more types, or comes from a list of servers. */
const MOST_CHOICES = 200;

/** Servers that work can be planned for, to choose from. */
function ServerChoice({ servers, add }: { servers: string; add: (name: string) => void }) {
  const say = useText();
  const { data } = useQuery(serverList({ limit: String(MOST_CHOICES), sort_key: 'name' }));
  const named = new Set(servers.split(/[\s,]+/));
  const left = (data?.servers ?? []).filter(
    ({ uuid, name, stage }) =>
      stage !== 'disposed' && !named.has(uuid) && !(name !== null && named.has(name)),
  );
  return (
    <Field
      id="schedule-add"
      label={say('schedule.servers.add')}
      value=""
      onChange={add}
      choices={[
        { value: '', label: say('schedule.servers.choose') },
        ...left.map((server) => ({ value: server.name ?? server.uuid, label: nameOf(server) })),
      ]}
    />
  );
}

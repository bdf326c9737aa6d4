import { Tooltip } from '@patternfly/react-core/dist/dynamic/components/Tooltip';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { serverDetail, timeline } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { inMain } from '../../parts/in-main.ts';
import { attentionTexts } from '../../text/tell.ts';
import { useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';

const UNITS = 42;

/** A rack from its top to its bottom, a row for each unit. */
export function Rack({ name, servers }: { name: string; servers: readonly Server[] }) {
  const say = useText();
  const lit = servers.filter(({ power_state }) => power_state === 'power on').length;
  const height = Math.max(UNITS, ...servers.map(({ rack_unit }) => rack_unit ?? 0));
  const placed = servers.filter(({ rack_unit }) => rack_unit !== null);
  const unplaced = servers.filter(({ rack_unit }) => rack_unit === null);
  return (
    <section className="k-rack" aria-label={say('racks.rack', { name })}>
      <h2 className="k-rack-head">
        <bdi>{name}</bdi> <span className="k-quiet">{say('racks.lit', { count: lit })}</span>
      </h2>
      <div className="k-rack-units">
        <div
          className="k-rack-frame"
          style={{ gridTemplateRows: `repeat(${height}, 1.5rem)` }}
          aria-hidden="true"
        >
          {Array.from({ length: height }, (_nothing, index) => height - index).map((unit) => (
            <span key={unit} className="k-rack-unit">
              {unit % 2 === 0 ? unit : ''}
            </span>
          ))}
        </div>
        <ul className="k-rack-servers" style={{ gridTemplateRows: `repeat(${height}, 1.5rem)` }}>
          {placed.map((server) => (
            <li key={server.uuid} style={{ gridRow: height + 1 - (server.rack_unit ?? 0) }}>
              <Unit server={server} />
            </li>
          ))}
        </ul>
      </div>
      {unplaced.length > 0 && (
        <>
          <h3 className="k-small k-quiet">{say('racks.unplaced')}</h3>
          <ul className="k-rack-loose">
            {unplaced.map((server) => (
              <li key={server.uuid}>
                <Unit server={server} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const POWERS = { 'power on': 'on', 'power off': 'off', error: 'error' } as const;

function Unit({ server }: { server: Server }) {
  const say = useText();
  const { uuid, power_state, attention, stage, rack_unit } = server;
  const power =
    power_state !== null && Object.hasOwn(POWERS, power_state)
      ? POWERS[power_state as keyof typeof POWERS]
      : 'unknown';
  const mark = attention ? `, ${say('racks.legend.attention')}` : '';
  const label = say('racks.unit', {
    unit: rack_unit ?? '–',
    name: nameOf(server),
    power: say(`power.${power}`),
  });
  return (
    <Tooltip
      content={<Cause server={server} />}
      position="right"
      entryDelay={150}
      aria="none"
      appendTo={inMain}
    >
      <Link
        to={`/servers/${uuid}`}
        className={`k-unit k-power-${power} k-unit-${stage}${attention ? ' k-unit-attention' : ''}`}
        aria-label={`${label}, ${say(`stage.${stage}`)}${mark}`}
      >
        <span className="k-led" aria-hidden="true" />
        <bdi>{nameOf(server)}</bdi>
      </Link>
    </Tooltip>
  );
}

/** What one would plug a console in for: why the machine is as it is. Asked for when somebody points at it. */
function Cause({ server }: { server: Server }) {
  const say = useText();
  const { uuid, attention, stage, provision_state } = server;
  const detail = useQuery({ ...serverDetail(uuid), enabled: attention }).data;
  const newest = useQuery({ ...timeline(uuid, 1), enabled: attention }).data?.attempts[0];
  return (
    <div className="k-cause-tip">
      <strong>
        <bdi>{nameOf(server)}</bdi>
      </strong>
      <p>
        {say(`stage.${stage}`)} · {provision_state}
      </p>
      {attention && newest?.cause !== null && newest?.cause !== undefined && <p>{newest.cause}</p>}
      {attention &&
        detail !== undefined &&
        attentionTexts(detail, say).map((reason) => <p key={reason}>{reason}</p>)}
    </div>
  );
}

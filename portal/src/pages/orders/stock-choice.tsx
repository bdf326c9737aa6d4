import type { StockGroup } from '../../api/types.ts';
import { useText } from '../../text/text.ts';

interface Props {
  groups: readonly StockGroup[];
  /** uuid of a flavor → its name. */
  flavors: ReadonlyMap<string, string>;
  chosen: StockGroup | null;
  choose: (group: StockGroup) => void;
}

/** What an order says to get servers of a group; null: it cannot be ordered by itself. */
export function wantOf(group: StockGroup): { flavor: string | null; model: string | null } | null {
  const flavor = group.flavor_uuid ?? group.resource_class;
  const model = group.model_uuid ?? group.product_name;
  return flavor === null && model === null ? null : { flavor, model };
}

/** The same for the same group, also when it is read anew. */
export function groupKey({ resource_class, flavor_uuid, model_uuid, ...group }: StockGroup): string {
  const { manufacturer, product_name, availability_zone } = group;
  return JSON.stringify([
    resource_class,
    flavor_uuid,
    model_uuid,
    manufacturer,
    product_name,
    availability_zone,
  ]);
}

/** What is in stock, one kind of server a line, one of which is chosen. */
export function StockChoice({ groups, flavors, chosen, choose }: Props) {
  const say = useText();
  return (
    <fieldset className="k-cards">
      <legend>{say('order.choose')}</legend>
      {groups.map((group) => {
        const { count, flavor_uuid, resource_class, manufacturer, product_name, availability_zone } = group;
        const key = groupKey(group);
        const orderable = wantOf(group) !== null;
        const flavor = (flavor_uuid === null ? null : flavors.get(flavor_uuid)) ?? resource_class;
        return (
          <label key={key} className="k-card" data-group={flavor ?? ''}>
            <input
              type="radio"
              name="group"
              checked={chosen !== null && groupKey(chosen) === key}
              disabled={!orderable}
              onChange={() => choose(group)}
            />
            <span className="k-card-text">
              <bdi className="k-card-title">
                {[manufacturer, product_name].filter(Boolean).join(' ') || say('order.unknown')}
              </bdi>
              <span className="k-quiet">
                <bdi>{flavor ?? '–'}</bdi>
                {availability_zone !== null && (
                  <>
                    {' · '}
                    <bdi>{availability_zone}</bdi>
                  </>
                )}
                {!orderable && ` · ${say('order.notorderable')}`}
              </span>
            </span>
            <span className="k-card-count">{say('order.instock', { count })}</span>
          </label>
        );
      })}
    </fieldset>
  );
}

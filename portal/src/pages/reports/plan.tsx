import type { EndingModel } from '../../api/types.ts';
import { Download } from '../../parts/download.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { ServerLink } from '../../parts/server-link.tsx';
import { useLanguage, useText } from '../../text/text.ts';

const nameOf = (model: { vendor: string; name: string } | null): string | null =>
  model === null ? null : `${model.vendor} ${model.name}`;

const FILE = ['model', 'end_of_support', 'servers', 'replacement', 'in_stock', 'to_buy'] as const;

/** A model as a line of a file. */
const lineOf = ({ list, ...model }: EndingModel) => ({
  ...model,
  model: nameOf(model),
  replacement: nameOf(model.replacement),
});

/** For each model that ends: its servers, what takes their place, and what is to be bought. */
export function Plan({ models }: { models: readonly EndingModel[] }) {
  const say = useText();
  const language = useLanguage();
  if (models.length === 0) return <p className="k-quiet">{say('report.plan.none')}</p>;
  return (
    <>
      <Rows
        label={say('report.plan')}
        rows={models}
        keyOf={({ uuid }) => uuid}
        columns={[
          { key: 'model', label: say('report.model'), cell: (model) => <Value>{nameOf(model)}</Value> },
          {
            key: 'date',
            label: say('report.date'),
            cell: ({ end_of_support }) =>
              end_of_support !== null && (
                <time dateTime={end_of_support} className="k-nowrap">
                  {new Date(end_of_support).toLocaleDateString(language, {
                    timeZone: 'UTC',
                    dateStyle: 'medium',
                  })}
                </time>
              ),
          },
          {
            key: 'servers',
            label: say('report.servers'),
            cell: ({ servers, list }) => (
              <details>
                <summary>{say('report.count', { count: servers })}</summary>
                <ul className="k-changes">
                  {list.map(({ uuid, name }) => (
                    <li key={uuid}>
                      <ServerLink uuid={uuid} name={name} />
                    </li>
                  ))}
                </ul>
              </details>
            ),
          },
          {
            key: 'replacement',
            label: say('report.replacement'),
            cell: ({ replacement }) => <Value>{nameOf(replacement)}</Value>,
          },
          { key: 'stock', label: say('report.in_stock'), cell: ({ in_stock }) => in_stock },
          {
            key: 'buy',
            label: say('report.to_buy'),
            cell: ({ to_buy }) => <strong className="k-to-buy">{to_buy}</strong>,
          },
        ]}
      />
      <div className="k-more k-inline">
        <Download name="replacement-plan" rows={models.map(lineOf)} columns={FILE} />
      </div>
    </>
  );
}

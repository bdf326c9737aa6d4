import { useText } from '../text/text.ts';

export function Brand() {
  const say = useText();
  return (
    <span className="k-brand">
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <rect x="2" y="3" width="20" height="5" rx="1" />
        <rect x="2" y="9.500" width="20" height="5" rx="1" />
        <rect x="2" y="16" width="20" height="5" rx="1" />
        <circle className="k-brand-led" cx="18.500" cy="5.500" r="1.100" />
        <circle className="k-brand-led" cx="18.500" cy="12" r="1.100" />
        <circle className="k-brand-led" cx="18.500" cy="18.500" r="1.100" />
      </svg>
      {say('app.name')}
    </span>
  );
}

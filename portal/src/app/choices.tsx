import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import MoonIcon from '@patternfly/react-icons/dist/esm/icons/moon-icon';
import SunIcon from '@patternfly/react-icons/dist/esm/icons/sun-icon';
import { chooseLanguage, useLanguage, useText } from '../text/text.ts';
import { chooseTheme, useTheme } from './theme.ts';

/** The choice of language and theme: for everybody, signed in or not. */
export function Choices() {
  const say = useText();
  const language = useLanguage();
  const theme = useTheme();
  const [other, other_name] = language === 'en' ? (['ja', '日本語'] as const) : (['en', 'English'] as const);
  const other_theme = theme === 'dark' ? 'light' : 'dark';
  return (
    <span className="k-choices">
      <Button variant="plain" onClick={() => chooseLanguage(other)} lang={other}>
        {other_name}
      </Button>
      <Button
        variant="plain"
        aria-label={say(`masthead.theme.${other_theme}`)}
        icon={theme === 'dark' ? <SunIcon /> : <MoonIcon />}
        onClick={() => chooseTheme(other_theme)}
      />
    </span>
  );
}

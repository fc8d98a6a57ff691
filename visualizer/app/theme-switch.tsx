import { Icon, type IconName } from '../design/icons.tsx';
import { chooseTheme, type ThemeChoice, useThemeChoice } from './theme.ts';

const CHOICES: readonly {
  readonly choice: ThemeChoice;
  readonly icon: IconName;
  readonly words: string;
}[] = [
  { choice: 'light', icon: 'sun', words: 'Light' },
  { choice: 'dark', icon: 'moon', words: 'Dark' },
  { choice: 'system', icon: 'system', words: 'As the system' },
];

export function ThemeSwitch() {
  const chosen = useThemeChoice();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">Theme</legend>
      {CHOICES.map(({ choice, icon, words }) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === chosen}
          aria-label={words}
          title={words}
          onClick={() => chooseTheme(choice)}
        >
          <Icon name={icon} size={14} />
        </button>
      ))}
    </fieldset>
  );
}

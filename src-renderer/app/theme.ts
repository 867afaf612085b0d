import { type CSSVariablesResolver, createTheme } from '@mantine/core';
import { codeTypeface, textTypeface } from '../../src-shared/typeface.ts';
import { headerStyle } from '../components/table/header-style.ts';
import { appStrings } from '../strings/app.ts';
import { darkContrast, darkGreys, darkTokens, lightContrast, lightTokens } from './theme-tokens.ts';

/** Every closable element has an accessible name. */
const closing = { closeButtonProps: { 'aria-label': appStrings.close } };

/** 13 px text on 20 px lines, a 4 px grid, one radius, indigo for actions and selection, neutral greys for the rest. */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  colors: { dark: [...darkGreys] },
  fontFamily: textTypeface,
  fontFamilyMonospace: codeTypeface,
  fontSizes: { xs: '13px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '1.539', sm: '1.539', md: '1.539', lg: '1.6', xl: '1.4' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '6px', sm: '6px', md: '6px', lg: '6px', xl: '6px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '18px', lineHeight: '24px' },
      h2: { fontSize: '15px', lineHeight: '20px' },
      h3: { fontSize: '13px', lineHeight: '20px' },
    },
  },
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { size: 28, variant: 'subtle', color: 'gray' } },
    // Color alone tells a link from its sentence to some eyes only.
    Anchor: { defaultProps: { underline: 'always' } },
    TextInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs' } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    TagsInput: { defaultProps: { size: 'xs' } },
    Autocomplete: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    // Its name is on a wrapper, which has no role of its own.
    CheckboxGroup: { defaultProps: { role: 'group' } },
    Radio: { defaultProps: { size: 'xs' } },
    Slider: { defaultProps: { size: 'sm' } },
    Badge: { defaultProps: { size: 'sm', variant: 'light', tt: 'none', fw: 500 } },
    // The placeholder that takes the first focus is no item of the menu; the first item takes it instead.
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { ...closing, shadow: 'xl', centered: true, transitionProps: { duration: 100 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, multiline: true, maw: 320, fz: 12 } },
    Table: { styles: { th: headerStyle } },
    Notification: { defaultProps: closing },
    Progress: { defaultProps: { size: 4 } },
  },
});

/** The colors of both themes; the rest is Mantine's. */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: lightTokens, dark: darkTokens });

/** The colors of both themes for a system that asks for more contrast. */
export const contrastVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...lightTokens, ...lightContrast },
  dark: { ...darkTokens, ...darkContrast },
});

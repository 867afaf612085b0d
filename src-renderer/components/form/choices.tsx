import {
  type AutocompleteProps,
  type ComboboxProps,
  Autocomplete as MantineAutocomplete,
  MultiSelect as MantineMultiSelect,
  Select as MantineSelect,
  TagsInput as MantineTagsInput,
  type MultiSelectProps,
  type SelectProps,
  type TagsInputProps,
} from '@mantine/core';
import { useState } from 'react';

/**
 * Mantine's fields with a list of options, which mount that list when they are first focused: a form has a dozen of such
 * lists, and mounting all of them took a third of the time in which it opens. From then on a list stays, so that the arrow
 * keys find the option that is chosen.
 */
export function Select(props: SelectProps) {
  return <MantineSelect {...props} {...useListOnFocus(props.comboboxProps)} />;
}

export function MultiSelect(props: MultiSelectProps) {
  return <MantineMultiSelect {...props} {...useListOnFocus(props.comboboxProps)} />;
}

export function TagsInput(props: TagsInputProps) {
  return <MantineTagsInput {...props} {...useListOnFocus(props.comboboxProps)} />;
}

export function Autocomplete(props: AutocompleteProps) {
  return <MantineAutocomplete {...props} {...useListOnFocus(props.comboboxProps)} />;
}

function useListOnFocus(comboboxProps: ComboboxProps | undefined) {
  const [wasFocused, setWasFocused] = useState(false);
  return {
    comboboxProps: { shadow: 'md', ...comboboxProps, keepMounted: wasFocused },
    onFocusCapture: () => setWasFocused(true),
  };
}

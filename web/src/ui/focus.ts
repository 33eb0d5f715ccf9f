/** As `ref`: what appears takes the focus. One function for all, so that drawing again does not call it again. */
export const focusWhenShown = (element: HTMLElement | null): void => element?.focus();

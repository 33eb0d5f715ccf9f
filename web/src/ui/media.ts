// Whether the page stands on a phone.
import { signal } from "@preact/signals";

const query = window.matchMedia("(max-width: 720px)");
export const narrow = signal(query.matches);
query.addEventListener("change", () => (narrow.value = query.matches));

// In place of what has not been read yet.
import { status } from "../state/store.ts";

export function Reading({ what }: { what: string }) {
  const unreachable = status.value !== null && !status.value.database.reachable;
  return <p class="muted">{unreachable ? "The database cannot be reached. This is read as soon as it can." : `Reading ${what}…`}</p>;
}

import { counted } from "../../model/summary.ts";
import { signedIn, signOut } from "../../state/session.ts";
import { status } from "../../state/store.ts";

const backends: Record<string, string> = { postgresql: "PostgreSQL", sqlite: "SQLite" };

export function Footer() {
  const known = status.value;
  return (
    <footer class="bottom muted">
      {known && (
        <>
          <span>lockstep {known.version}</span>
          <span>{known.yaml.path}: {counted(known.yaml.tasks, "task")}</span>
          <span>{backends[known.database.backend] ?? known.database.backend}: {counted(known.database.tasks, "task")}</span>
          <span>file watcher {known.watcher}</span>
        </>
      )}
      {signedIn.value && <button type="button" class="quiet" onClick={() => void signOut()}>Sign out</button>}
      <a href="./licenses.txt">Licences</a>
    </footer>
  );
}

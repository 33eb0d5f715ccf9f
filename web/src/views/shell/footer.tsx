import { status } from "../../state/store.ts";

const backends = { postgresql: "PostgreSQL", sqlite: "SQLite" };

export function Footer() {
  const known = status.value;
  return (
    <footer class="bottom muted">
      {known && (
        <>
          <span>lockstep {known.version}</span>
          <span>{known.yaml.path}: {known.yaml.tasks} tasks</span>
          <span>{backends[known.database.backend]}: {known.database.tasks} tasks</span>
          <span>file watcher {known.watcher}</span>
        </>
      )}
      <a href="./licenses.txt">Licences</a>
    </footer>
  );
}

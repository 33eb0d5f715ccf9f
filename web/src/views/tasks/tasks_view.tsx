// All tasks: search, filter, sort; ten thousand of them scroll smoothly.
import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Task } from "../../api/types.ts";
import { statuses } from "../../model/fields.ts";
import { counted } from "../../model/summary.ts";
import {
  countByStatus, queryFromParameters, queryToParameters, selectTasks, usersOf, type SortKey, type TaskQuery,
} from "../../model/task_query.ts";
import { addressOf, go, route } from "../../state/route.ts";
import { conflictByTask, online, taskList, tasks } from "../../state/store.ts";
import { CronText } from "../../ui/cron.tsx";
import { narrow } from "../../ui/media.ts";
import { StatusBadge } from "../../ui/status_badge.tsx";
import { Time } from "../../ui/time.tsx";
import { VirtualList } from "../../ui/virtual_list.tsx";
import { TaskDialog } from "./task_dialog.tsx";
import { TaskForm } from "./task_form.tsx";
import { Reading } from "../../ui/reading.tsx";

const query = computed(() => queryFromParameters(route.value.parameters));
const selected = computed(() => selectTasks(taskList.value, query.value));
const counts = computed(() => countByStatus(taskList.value));
const users = computed(() => usersOf(taskList.value));
const creating = signal(false);

const columns: readonly { key: SortKey; title: string }[] = [
  { key: "id", title: "Id" },
  { key: "skill_name", title: "Skill" },
  { key: "schedule_cron", title: "Schedule" },
  { key: "next_run_at", title: "Next run" },
  { key: "status", title: "Status" },
  { key: "user_id", title: "User" },
];

function setQuery(change: Partial<TaskQuery>): void {
  go(addressOf("tasks", null, queryToParameters({ ...query.value, ...change })), true);
}

export function TasksView() {
  const all = tasks.value;
  if (all === null) return <Reading what="the tasks" />;
  const open = route.value.id === null ? undefined : all.get(idOf(route.value.id));
  return (
    <>
      <Filters />
      <VirtualList
        items={selected.value}
        rowHeight={narrow.value ? 92 : 36}
        label="Tasks"
        columns={columns.length}
        head={columns.map(({ key, title }) => <ColumnHead key={key} column={key} title={title} />)}
        row={(task) => <TaskRow task={task} />}
        keyOf={(task) => String(task.id)}
        onOpen={(task) => go(addressOf("tasks", task.id, route.value.parameters))}
        empty={all.size === 0 ? "There are no tasks yet." : "No task fits the search."}
      />
      {open && <TaskDialog key={String(open.id)} task={open} onClose={() => go(addressOf("tasks", null, route.value.parameters), true)} />}
      {creating.value && <TaskForm onClose={() => (creating.value = false)} />}
    </>
  );
}

// As parseJson reads ids.
function idOf(text: string): number {
  return (Number.isSafeInteger(Number(text)) || !/^\d+$/.test(text) ? Number(text) : BigInt(text)) as number;
}

function Filters() {
  const current = query.value;
  const [text, setText] = useState(current.text);
  useEffect(() => setText(current.text), [current.text]);
  const found = selected.value.length;
  const total = taskList.value.length;
  return (
    <div class="toolbar" role="search">
      <label class="search">
        <span class="sr-only">Search tasks</span>
        <input
          type="search"
          placeholder="Search id, skill, schedule, parameters"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setQuery({ text: event.currentTarget.value });
          }}
        />
      </label>
      <fieldset class="chips">
        <legend class="sr-only">Status</legend>
        {statuses.map((status) => (
          <label key={status} class="chip">
            <input
              type="checkbox"
              checked={current.statuses.includes(status)}
              onChange={(event) => setQuery({
                statuses: event.currentTarget.checked ? [...current.statuses, status] : current.statuses.filter((other) => other !== status),
              })}
            />
            {status} <span class="muted">{counts.value[status].toLocaleString("en-US")}</span>
          </label>
        ))}
      </fieldset>
      <label class="user-filter">
        <span class="sr-only">User</span>
        <select value={current.user} onChange={(event) => setQuery({ user: event.currentTarget.value })}>
          <option value="">Any user</option>
          {users.value.map((user) => <option key={user} value={user}>{user}</option>)}
        </select>
      </label>
      {narrow.value && <SortSelect />}
      <p class="muted found" aria-live="polite">
        {found === total ? counted(total, "task") : `${found.toLocaleString("en-US")} of ${counted(total, "task")}`}
      </p>
      <button type="button" class="primary" disabled={!online.value} onClick={() => (creating.value = true)}>New task</button>
    </div>
  );
}

// The column headers have no room on a phone.
function SortSelect() {
  const { sort, descending } = query.value;
  return (
    <label>
      <span class="sr-only">Sort by</span>
      <select
        value={(descending ? "-" : "") + sort}
        onChange={({ currentTarget: { value } }) => setQuery({ sort: value.replace("-", "") as SortKey, descending: value.startsWith("-") })}
      >
        {columns.flatMap(({ key, title }) => [
          <option key={key} value={key}>{title} ↑</option>,
          <option key={`-${key}`} value={`-${key}`}>{title} ↓</option>,
        ])}
      </select>
    </label>
  );
}

function ColumnHead({ column, title }: { column: SortKey; title: string }) {
  const { sort, descending } = query.value;
  const sorted = sort === column;
  return (
    <span role="columnheader" aria-sort={sorted ? (descending ? "descending" : "ascending") : "none"} class={`head-${column}`}>
      <button type="button" class="quiet" onClick={() => setQuery({ sort: column, descending: sorted && !descending })}>
        {title} <span aria-hidden="true">{sorted ? (descending ? "▾" : "▴") : ""}</span>
      </button>
    </span>
  );
}

function TaskRow({ task }: { task: Task }) {
  const conflict = conflictByTask.value.get(task.id);
  return (
    <>
      <span role="gridcell" class="cell-id">{String(task.id)}</span>
      <span role="gridcell" class="cell-skill">
        {task.skill_name}
        {conflict && <a class="badge attention" href={addressOf("conflicts", conflict.conflict_id)} onClick={(event) => event.stopPropagation()}>conflict</a>}
      </span>
      <span role="gridcell" class="cell-cron"><CronText expression={task.schedule_cron} /></span>
      <span role="gridcell" class="cell-next">{task.status === "disabled" ? <span class="muted">–</span> : <><Time at={task.next_run_at} absolute /> <span class="muted"><Time at={task.next_run_at} /></span></>}</span>
      <span role="gridcell" class="cell-status"><StatusBadge status={task.status} /></span>
      <span role="gridcell" class="cell-user">{task.user_id ?? ""}</span>
    </>
  );
}

// Creating and editing a task. What the daemon refuses stands at the field it is about; a task that changed meanwhile is
// not overwritten: what the person changed is carried over to it and shown again.
import { useId, useRef, useState } from "preact/hooks";
import { Problem } from "../../api/client.ts";
import type { Diagnostic } from "../../api/types.ts";
import { formErrors, noErrors, type FormErrors } from "../../model/field_errors.ts";
import { labelOf, statuses, type FieldName } from "../../model/fields.ts";
import {
  changedFields, createBody, draftFields, draftOf, emptyDraft, rebase, replaceBody, type Draft,
} from "../../model/task_draft.ts";
import { createTask, fetchTask, replaceTask, type TaskAndTag } from "../../state/actions.ts";
import { explain } from "../../state/notices.ts";
import { noteProblem } from "../../state/store.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { CronPreview } from "./cron_preview.tsx";

export interface TaskFormProps {
  current?: TaskAndTag;  // none: a new task
  onClose: () => void;
}

type FieldKey = (typeof draftFields)[number];

export function TaskForm({ current, onClose }: TaskFormProps) {
  const base = useRef(current);
  const [draft, setDraft] = useState<Draft>(current ? draftOf(current.task) : emptyDraft);
  const [errors, setErrors] = useState<FormErrors>(noErrors);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const set = (field: FieldKey, value: string) => {
    setDraft({ ...draft, [field]: value });
    const { [field]: _, ...others } = errors.fields;
    setErrors({ ...errors, fields: others });
  };
  const refuse = (refused: FormErrors) => {
    setErrors(refused);
    const first = draftFields.find((field) => refused.fields[field] !== undefined);
    if (first) (form.current?.elements.namedItem(first) as HTMLElement | null)?.focus();
  };
  const save = async () => {
    const made = base.current ? replaceBody(base.current.task, draft) : createBody(draft);
    if ("errors" in made) {
      refuse({ fields: made.errors, form: [] });
      return;
    }
    setBusy(true);
    try {
      if (base.current) await replaceTask(base.current, draft);
      else await createTask(draft);
      onClose();
      return;
    } catch (error) {
      noteProblem(error);
      await refused(error as Problem);
    } finally {
      setBusy(false);
    }
  };
  const refused = async (problem: Problem) => {
    if (problem.status === 412 && base.current) {
      await carryOver(base.current);
    } else if (problem.status === 409 && !base.current) {
      refuse({ fields: { id: explain(problem) }, form: [] });
    } else {
      refuse(formErrors(problem.member<Diagnostic[]>("errors") ?? [], draftFields, explain(problem)));
    }
  };
  const carryOver = async (before: TaskAndTag) => {
    const fresh = await fetchTask(before.task.id).catch((error: unknown) => {
      noteProblem(error);
      setErrors({ fields: {}, form: [explain(error)] });
    });
    if (!fresh) return;
    const { draft: carried, apart } = rebase(before.task, fresh.task, draft);
    base.current = fresh;
    setDraft(carried);
    setNote(
      apart.length === 0
        ? "The task changed while you edited it, in other fields than you did. Your changes now stand on the new state; save again."
        : `The task changed while you edited it, also in ${apart.map(labelOf).join(", ")}. Your values stand; check them and save again.`,
    );
  };

  const mine = base.current ? changedFields(base.current.task, draft) : [];
  const field = (name: FieldKey) => ({
    name,
    draft,
    error: errors.fields[name],
    changed: mine.includes(name as FieldName),
    onChange: (value: string) => set(name, value),
  });
  return (
    <Dialog title={current ? `Edit task ${current.task.id}` : "New task"} onClose={onClose}>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="dialog-body">
          {note !== "" && <p class="note attention" role="alert">{note}</p>}
          {errors.form.map((message) => <p key={message} class="note broken" role="alert">{message}</p>)}
          {!current && <TextField {...field("id")} label="Id" hint="Empty: the next free one" />}
          <TextField {...field("skill_name")} label="Skill" required />
          <TextField {...field("schedule_cron")} label="Schedule" required mono>
            <CronPreview expression={draft.schedule_cron} />
          </TextField>
          <TextField {...field("next_run_at")} label="Next run" mono hint={current ? "ISO 8601; without an offset UTC" : "Empty: by the schedule"} />
          <TextField {...field("params_json")} label="Parameters" multiline mono hint="A JSON object" />
          <TextField {...field("status")} label="Status" options={statuses} />
          <TextField {...field("user_id")} label="User" hint="Empty: none" />
        </div>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy || (current !== undefined && mine.length === 0)}>
            {busy ? "Saving…" : current ? "Save" : "Create"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface TextFieldProps {
  name: FieldKey;
  label: string;
  draft: Draft;
  error: string | undefined;
  changed: boolean;
  onChange: (value: string) => void;
  hint?: string;
  required?: boolean;
  mono?: boolean;
  multiline?: boolean;
  options?: readonly string[];
  children?: preact.ComponentChildren;
}

function TextField({ name, label, draft, error, changed, onChange, hint, required, mono, multiline, options, children }: TextFieldProps) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const shared = {
    id,
    name,
    value: draft[name],
    class: mono ? "mono" : undefined,
    "aria-invalid": error !== undefined,
    "aria-required": required,
    "aria-describedby": described === "" ? undefined : described,
  };
  return (
    <div class="field">
      <label for={id}>{label}{changed && <span class="mark">changed</span>}</label>
      {options ? (
        <select {...shared} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => <option key={option}>{option}</option>)}
        </select>
      ) : multiline ? (
        <textarea {...shared} rows={6} spellcheck={false} onInput={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <input type="text" {...shared} spellcheck={false} autocomplete="off" onInput={(event) => onChange(event.currentTarget.value)} />
      )}
      {error !== undefined && <p id={`${id}-error`} class="field-error" role="alert">{error}</p>}
      {hint !== undefined && <p id={`${id}-hint`} class="hint">{hint}</p>}
      {children}
    </div>
  );
}

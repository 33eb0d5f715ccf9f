// What the daemon refused, laid to the fields of a form.
import type { Diagnostic } from "../api/types.ts";

export interface FormErrors {
  fields: Record<string, string>;  // by field, several joined
  form: string[];                  // of no field that the form has
}

export const noErrors: FormErrors = { fields: {}, form: [] };

/** `errors` of a 422; `detail` where it names none. */
export function formErrors(errors: readonly Diagnostic[], shown: readonly string[], detail: string): FormErrors {
  const result: FormErrors = { fields: {}, form: [] };
  for (const { field, message } of errors) {
    if (field && shown.includes(field)) result.fields[field] = [result.fields[field], message].filter(Boolean).join("; ");
    else result.form.push(message);
  }
  if (errors.length === 0 && detail !== "") result.form.push(detail);
  return result;
}

import { dismiss, notices } from "../../state/notices.ts";

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.key} class={`notice ${notice.level}`}>
          <p>{notice.text}</p>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(notice.key)}>✕</button>
        </div>
      ))}
    </div>
  );
}

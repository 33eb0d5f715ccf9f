// Says that what is shown may be old, and when it is tried again.
import { retryNow } from "../../state/live.ts";
import { lastContact, now, online, retryAt } from "../../state/store.ts";
import { Time } from "../../ui/time.tsx";

export function OfflineBanner() {
  if (online.value && retryAt.value === null) return null;
  const seconds = retryAt.value === null ? 0 : Math.max(0, Math.ceil((retryAt.value - now.value) / 1000));
  return (
    <div class="offline" role="alert">
      <p>
        <strong>{online.value ? "Live updates are interrupted." : "No connection to the server."}</strong>{" "}
        {lastContact.value !== null && <>What you see is from <Time at={lastContact.value} />. </>}
        <span aria-hidden="true">{seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again…"}</span>
      </p>
      <button type="button" onClick={retryNow}>Try now</button>
    </div>
  );
}

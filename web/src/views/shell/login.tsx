// The daemon has a token: it is given once, and kept in a cookie that no script can read.
import { useState } from "preact/hooks";
import { signIn } from "../../state/session.ts";
import { retryNow } from "../../state/live.ts";
import { loadEverything } from "../../state/store.ts";
import { focusWhenShown } from "../../ui/focus.ts";

export function Login() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    const refused = await signIn(token);
    setProblem(refused ?? "");
    if (refused !== null) return;
    loadEverything();
    retryNow();
  };
  return (
    <main class="login">
      <form onSubmit={(event) => void submit(event)}>
        <h1 class="brand">lockstep</h1>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            ref={focusWhenShown}
            value={token}
            aria-invalid={problem !== ""}
            aria-describedby={problem === "" ? undefined : "login-problem"}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        {problem !== "" && <p id="login-problem" class="field-error" role="alert">{problem}</p>}
        <p class="muted">The token that the daemon was started with (LOCKSTEP_TOKEN, or its token file).</p>
        <button type="submit" class="primary">Sign in</button>
      </form>
    </main>
  );
}

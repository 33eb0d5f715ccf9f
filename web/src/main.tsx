import { render } from "preact";
import "./styles/app.css";

render(<p>lockstep</p>, document.getElementById("app")!);

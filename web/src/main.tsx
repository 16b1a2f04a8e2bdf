// Where the page begins: the shell in the one element of index.html.
import { render } from "preact";
import { App } from "./app";
import { applyTheme } from "./theme";
import { showHiddenCharacters } from "./visible";

showHiddenCharacters();
applyTheme();
render(<App />, document.getElementById("app")!);

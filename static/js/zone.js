// Adds to the sign-in form the zone of this computer's clock; it counts until the person chooses another one.
import { find } from "./dom.js";

const field = find("input[name=browser_zone]");
if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

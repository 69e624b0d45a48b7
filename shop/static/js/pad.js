// A number pad under a field of digits. Without this script the phone's own pad does the same.
const pad = document.querySelector("form[data-pad]");

function key(text, press, className) {
  const button = document.createElement("button");
  button.type = press ? "button" : "submit";
  if (className) button.className = className;
  button.append(text);
  if (press) button.addEventListener("click", press);
  return button;
}

if (pad) {
  const field = pad.querySelector("input:not([type=hidden])");
  const done = pad.querySelector("button");
  const most = Number(pad.dataset.pad) || field.maxLength;
  const digits = [...pad.dataset.digits];
  const put = (digit) => () => { if (field.value.length < most) field.value += digit; };
  const keys = document.createElement("div");
  keys.className = "pad";
  keys.append(...digits.slice(1).map((digit) => key(digit, put(digit))));
  keys.append(key(pad.dataset.erase, () => { field.value = field.value.slice(0, -1); }, "pad__erase"));
  keys.append(key(digits[0], put(digits[0])));
  const go = key(done.querySelector("svg").cloneNode(true), null, "pad__go");
  go.setAttribute("aria-label", done.textContent.trim());
  keys.append(go);
  done.replaceWith(keys);
  field.inputMode = "none";
}

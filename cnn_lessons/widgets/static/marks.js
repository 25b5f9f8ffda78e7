// What a screen reader reads off a widget's parts: which is the chosen one, and a name that keeps still.

/** Mark one of many as the chosen one, for those who do not see its look. */
export function markCurrent(node, current) {
  if (current) node.setAttribute("aria-current", "true");
  else node.removeAttribute("aria-current");
}

/**
 * A function (label) that names a box: at once, but not while the box has the focus. A name that changes there is read
 * out, and what has changed is said by the widget as well. It is then brought up to date when the focus goes.
 */
export function quietName(box) {
  let name = "";
  const write = () => box.setAttribute("aria-label", name);
  box.addEventListener("blur", write);
  return (label) => {
    name = label;
    if (!box.matches(":focus")) write();
  };
}

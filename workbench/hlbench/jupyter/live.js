// Text from outside only ever becomes a text node: nothing here parses HTML.
function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

const spans = (line) => line.map(([text, role]) => element("span", role, text));

function table(view) {
  const titles = view.titles.map(([title, isRight]) => element("th", isRight ? "right" : "", title));
  const rows = view.orders.map((cells) =>
    element("tr", "", ...cells.map(([text, role], at) =>
      element("td", `${role} ${view.titles[at][1] ? "right" : ""}`, text))));
  return element("table", "orders",
    element("thead", "", element("tr", "", ...titles)), element("tbody", "", ...rows));
}

const more = (count, words) => (count ? [element("div", "dim more", `${count.toLocaleString("en")} ${words}`)] : []);

function render({ model, el }) {
  const root = element("div", "hlbench-live");
  el.append(root);
  const draw = () => {
    const view = model.get("view");
    root.replaceChildren(
      element("div", "line", ...spans(view.source)),
      element("div", "line", ...spans(view.counts)),
      element("div", "line problem", ...spans(view.problem)),
      element("div", "panes",
        element("div", "pane", table(view), ...more(view.earlier, "earlier orders")),
        element("div", "pane registry", ...view.registry.map((line) => element("div", "line", ...spans(line))),
          ...more(view.further, "further lines"))),
    );
  };
  draw();
  model.on("change:view", draw);
  return () => model.off("change:view", draw);
}

export default { render };

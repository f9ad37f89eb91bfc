(function (at, figure, zoom) {
  "use strict";
  // Draws, and shows the detail in place of the overview where the window holds little enough of it.
  const options = {
    responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"],
    showSendToCloud: false, plotlyServerURL: "", // nothing of it leaves the page
  };
  const firstAt = (values, limit) => {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < limit) low = middle + 1; else high = middle;
    }
    return low;
  };
  const slice = (layer, from, to) => {
    const x = [], y = [], rows = [], sizes = [];
    for (let item = from; item < to; item++) {
      const row = layer.fields.map((field) => field.values[field.codes[item]]);
      const [x0, y0, x1, y1] = layer.points.map((values) => values[item]);
      if (layer.arrows) {
        x.push(x0, x1, null); y.push(y0, y1, null); rows.push(row, row, row); sizes.push(0, 8, 0);
      } else {
        x.push(x0); y.push(y0); rows.push(row);
      }
    }
    const change = { x: [x], y: [y], customdata: [rows], visible: true };
    if (layer.arrows) change["marker.size"] = [sizes];
    return change;
  };
  const show = () => {
    const [low, high] = at.layout.xaxis.range;
    const windows = zoom.layers.map((layer) => [firstAt(layer.points[0], low), firstAt(layer.points[0], high)]);
    const isClose = windows.reduce((sum, [from, to]) => sum + to - from, 0) <= zoom.limit;
    if (zoom.overview.length) Plotly.restyle(at, { visible: !isClose }, zoom.overview);
    zoom.layers.forEach((layer, number) => {
      const change = isClose ? slice(layer, ...windows[number]) : { visible: "legendonly" };
      Plotly.restyle(at, change, [zoom.first + number]);
    });
  };
  Plotly.newPlot(at, figure.data, figure.layout, options).then(() => {
    if (!zoom.layers.length) return;
    at.on("plotly_relayout", (change) => {
      if (Object.keys(change).some((name) => name.startsWith("xaxis"))) show();
    });
    show();
  });
})

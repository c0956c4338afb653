const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
// Each can be told from the page's background.
const palette = isDark
  ? ['#4cc38a', '#ff8a70', '#7fb0ff', '#e0a53a', '#c08ae6', '#3fc4d0', '#c9c94a', '#f08ab8', '#aaa', '#eee']
  : ['#0a6c3b', '#b4371f', '#2d5fb0', '#a36b00', '#7a3fa0', '#00808a', '#8a8a00', '#c2477f', '#555', '#222'];
const lines = {
  stroke: isDark ? '#c9c9c4' : '#1c1c1c',
  grid: { stroke: isDark ? '#33363a' : '#e6e6e6' },
  ticks: { stroke: isDark ? '#33363a' : '#e6e6e6' },
};

function draw({ id, kind, unit, names, columns }) {
  const isPercentiles = kind === 'percentiles';
  const series = names.map((name, at) => ({
    label: name,
    stroke: palette[at % palette.length],
    width: at === 0 ? 3 : 1.5,
    points: { show: !isPercentiles },
    value: (_, value) => (value == null ? '' : value.toLocaleString('en-US', { maximumFractionDigits: 2 })),
  }));
  const percentile = (nines) => `p${Number((100 * (1 - 10 ** -nines)).toFixed(nines < 1 ? 0 : 3))}`;
  const place = document.getElementById(id);
  new uPlot(
    {
      width: Math.min(560, place.clientWidth || 560),
      height: 300,
      // Logarithmic where sides differ tenfold and more, so that the slowest can be told from zero.
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        {
          ...lines,
          ...(isPercentiles ? { splits: () => [0.3, 1, 2, 3, 4] } : {}),
          values: (_, ticks) =>
            ticks.map((tick) => (isPercentiles ? percentile(tick) : Number.isInteger(tick) ? tick : '')),
        },
        { ...lines, label: unit, size: 70 },
      ],
      series: [
        {
          label: isPercentiles ? 'percentile' : 'round',
          value: (_, v) => (v == null ? '' : isPercentiles ? percentile(v) : v),
        },
        ...series,
      ],
    },
    columns,
    place,
  );
}

charts.forEach(draw);

/**
 * The part of plotly.js that the studio draws with: the core (which brings scatter), bars and heatmaps. The reports inline
 * the same bundle as one script.
 */
import bar from 'plotly.js/lib/bar';
import Plotly from 'plotly.js/lib/core';
import heatmap from 'plotly.js/lib/heatmap';

Plotly.register([bar, heatmap]);

export default Plotly;

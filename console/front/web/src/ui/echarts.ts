import { BarChart, GraphChart, HeatmapChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([AriaComponent, BarChart, CanvasRenderer, GraphChart, GridComponent, HeatmapChart, LegendComponent, LineChart, MarkLineComponent, TooltipComponent, VisualMapComponent])

export { init }

export { useNow } from '../alerts/use-now'

export { AUDIT_RECORD_TYPES } from './audit.ts'
export { canFire, type FireVerdict, type JudgedRule, type Reason } from './can-fire.ts'
export { type CannotFire, type CoverageReport, type CoverageRow, reportCoverage } from './coverage.ts'
export { DECLARED_SOURCES, type DeclaredSource, isDeclarable, sourcesOfDeclared } from './declared.ts'
export { type AuditRoute, describeSource, type FieldAlias, type Route } from './route.ts'
export { auditRoutesFor, ROUTED_CHANNELS, routesFor } from './routes.ts'
export {
  ANY_SENSOR,
  type ReachedSource,
  type SensorContract,
  sensorOfCategories,
  type SensorSource,
  sourcesReaching,
  type SuppliedFieldNames,
  WINDOWS_SENSOR,
} from './sensor.ts'

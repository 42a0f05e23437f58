/** A whole OpenSLO file to start from, as the empty state offers it. */
export const SLO_EXAMPLE = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-payments
spec:
  service: checkout
  indicator:
    metadata: { name: checkout-payments-answered }
    spec:
      ratioMetric:
        good:
          metricSource:
            type: plumbline
            spec: { source: calls, dependency: acme-pay, outcome: ok }
        total:
          metricSource:
            type: plumbline
            spec: { source: calls, dependency: acme-pay }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`

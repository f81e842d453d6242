{{/*
Rules over several values: a schema could state most of them, but would say of two sources of
secrets "String length must be less than or equal to 0". Included by the Deployment, so that no
rendering goes without; each message begins with the path of the value.
*/}}
{{- define "order-relay.checks" -}}
{{- include "order-relay.checkNulls" . }}
{{- include "order-relay.checkDelays" . }}
{{- include "order-relay.checkSecrets" . }}
{{- include "order-relay.checkSources" . }}
{{- include "order-relay.checkScaling" . }}
{{- include "order-relay.checkMonitoring" . }}
{{- include "order-relay.checkNetwork" . }}
{{- include "order-relay.checkShutdown" . }}
{{- include "order-relay.checkTopology" . }}
{{- end }}

{{/* Settings that the chart itself needs: helm takes out what is set to null. */}}
{{- define "order-relay.checkNulls" -}}
{{- $config := .Values.config }}
{{- range $path, $value := dict
      "amqp.namespace" $config.amqp.namespace
      "api.url" $config.api.url
      "api.concurrency" $config.api.concurrency
      "retry.delaysSeconds" $config.retry.delaysSeconds
      "admin.port" $config.admin.port
      "drainSeconds" $config.drainSeconds }}
{{- if kindIs "invalid" $value }}
{{- fail (printf "config.%s: must not be null" $path) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkDelays" -}}
{{- $last := 0 }}
{{- range .Values.config.retry.delaysSeconds }}
{{- if le (int64 .) (int64 $last) }}
{{- fail (printf "config.retry.delaysSeconds: must ascend, but %d follows %d" (int64 .) (int64 $last)) }}
{{- end }}
{{- $last = . }}
{{- end }}
{{- end }}

{{- define "order-relay.checkSecrets" -}}
{{- with .Values.tls.amqp }}
{{- if ne (empty .certKey) (empty .keyKey) }}
{{- fail "tls.amqp.certKey and tls.amqp.keyKey: set both or neither" }}
{{- end }}
{{- if and .secretName (not .caKey) (not .certKey) }}
{{- fail "tls.amqp.secretName: is of no use while caKey and certKey are empty" }}
{{- end }}
{{- end }}
{{- if and (hasPrefix "http://" .Values.config.api.url) (not .Values.config.api.allowHttp) }}
{{- if not (regexMatch "^http://(localhost|127[.][0-9.]+|\\[::1\\])([:/?]|$)" .Values.config.api.url) }}
{{- fail "config.api.url: plain http would show the key to the network; use https, or set config.api.allowHttp" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkSources" -}}
{{- with .Values.secrets }}
{{- $sources := list }}
{{- if .existingSecret }}{{ $sources = append $sources "existingSecret" }}{{ end }}
{{- if .externalSecret.enabled }}{{ $sources = append $sources "externalSecret" }}{{ end }}
{{- if or .inline.apiKey .inline.amqpUrl }}{{ $sources = append $sources "inline" }}{{ end }}
{{- if gt (len $sources) 1 }}
{{- fail (printf "secrets: the API key and the URL come from one source, but %s are set" (join " and " $sources)) }}
{{- end }}
{{- if ne (empty .inline.apiKey) (empty .inline.amqpUrl) }}
{{- fail "secrets.inline.apiKey and secrets.inline.amqpUrl: set both or neither" }}
{{- end }}
{{- if .externalSecret.enabled }}
{{- range $path, $value := dict
      "secretStoreRef.name" .externalSecret.secretStoreRef.name
      "amqpUrl.key" .externalSecret.amqpUrl.key
      "apiKey.key" .externalSecret.apiKey.key }}
{{- if not $value }}
{{- fail (printf "secrets.externalSecret.%s: is required while secrets.externalSecret is enabled" $path) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkMonitoring" -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled }}
{{- fail "podMonitor.enabled and serviceMonitor.enabled: enable one, or every pod is scraped twice" }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.enabled) }}
{{- fail "serviceMonitor.enabled: needs service.enabled" }}
{{- end }}
{{- end }}

{{- define "order-relay.checkNetwork" -}}
{{- range $name := list "dnsTo" "brokerTo" "apiTo" }}
{{- if not (index $.Values.networkPolicy $name) }}
{{- fail (printf "networkPolicy.%s: must not be empty, which Kubernetes takes for anywhere; if that is meant, say [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkScaling" -}}
{{- with .Values.autoscaling }}
{{- if and .keda.enabled .hpa.enabled }}
{{- fail "autoscaling.keda.enabled and autoscaling.hpa.enabled: enable one, they would work against each other" }}
{{- end }}
{{- if and .keda.enabled (not .keda.managementSecret.name) }}
{{- fail "autoscaling.keda.managementSecret.name: is required while autoscaling.keda is enabled" }}
{{- end }}
{{- if and .hpa.enabled (not .hpa.targetCPUUtilizationPercentage) (not .hpa.metrics) }}
{{- fail "autoscaling.hpa.metrics: must have one while targetCPUUtilizationPercentage is null" }}
{{- end }}
{{- end }}
{{- range $name, $scaler := .Values.autoscaling }}
{{- if gt (int64 $scaler.minReplicas) (int64 $scaler.maxReplicas) }}
{{- fail (printf "autoscaling.%s.minReplicas: must not exceed maxReplicas" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkShutdown" -}}
{{- $least := include "order-relay.gracePeriod" . | int64 }}
{{- with .Values.terminationGracePeriodSeconds }}
{{- if lt (int64 .) $least }}
{{- fail (printf "terminationGracePeriodSeconds: must be at least %d: config.drainSeconds, and 20 s to close the connections" $least) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "order-relay.checkTopology" -}}
{{- with .Values.topology }}
{{- if and .operator.enabled .job.enabled }}
{{- fail "topology.operator.enabled and topology.job.enabled: enable one, the topology has one owner" }}
{{- end }}
{{- with .operator }}
{{- if and .cluster.name .cluster.connectionSecret }}
{{- fail "topology.operator.cluster.name and topology.operator.cluster.connectionSecret: set one" }}
{{- end }}
{{- if and .enabled (not .cluster.name) (not .cluster.connectionSecret) }}
{{- fail "topology.operator.cluster: name or connectionSecret is required while topology.operator is enabled" }}
{{- end }}
{{- if and .person.create (not .person.credentialsSecret) }}
{{- fail "topology.operator.person.credentialsSecret: is required while topology.operator.person.create is true" }}
{{- end }}
{{- if and .user.create (not .user.credentialsSecret) }}
{{- fail "topology.operator.user.credentialsSecret: is required while topology.operator.user.create is true" }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.tools.enabled (not .Values.tools.existingSecret) }}
{{- fail "tools.existingSecret: is required while tools.enabled is true; never the relay's own login" }}
{{- end }}
{{- if and .Values.tools.enabled (eq .Values.tools.existingSecret .Values.secrets.existingSecret) (eq .Values.tools.amqpUrlKey .Values.secrets.keys.amqpUrl) }}
{{- fail "tools.existingSecret: must not be the relay's own login, which may not read what a person looks at" }}
{{- end }}
{{- if and .Values.topology.operator.enabled (eq .Values.config.amqp.topology "declare") }}
{{- fail "config.amqp.topology: must be check or null while topology.operator owns the topology" }}
{{- end }}
{{- if and .Values.topology.job.enabled (not .Values.topology.job.existingSecret) (not .Values.secrets.existingSecret) }}
{{- fail "topology.job.existingSecret: is required, because the job runs before this chart makes any Secret" }}
{{- end }}
{{- end }}

{{/* Seconds from SIGTERM to SIGKILL that the program may need: the drain, and 20 s to close. */}}
{{- define "order-relay.gracePeriod" -}}
{{- add (ceil .Values.config.drainSeconds | int64) 20 }}
{{- end }}

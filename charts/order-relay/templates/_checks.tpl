{{/*
What the schema cannot say, because it compares values with each other. Included by the Deployment,
so that no rendering goes without; each message begins with the path of the value.
*/}}
{{- define "order-relay.checks" -}}
{{- include "order-relay.checkDelays" . }}
{{- include "order-relay.checkSecrets" . }}
{{- include "order-relay.checkScaling" . }}
{{- include "order-relay.checkShutdown" . }}
{{- include "order-relay.checkTopology" . }}
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

{{- define "order-relay.checkScaling" -}}
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

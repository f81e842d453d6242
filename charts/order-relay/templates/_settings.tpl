{{/* A value as the program reads it: lists by commas, whole numbers without an exponent. */}}
{{- define "order-relay.text" -}}
{{- if kindIs "slice" . }}
{{- range $place, $part := . }}{{ if $place }},{{ end }}{{ include "order-relay.text" $part }}{{ end }}
{{- else if and (kindIs "float64" .) (eq (float64 .) (floor .)) }}{{ int64 . }}
{{- else }}{{ . }}
{{- end }}
{{- end }}

{{/* Whether the relay declares its topology or only looks for it: as set, else by who owns it. */}}
{{- define "order-relay.topologyMode" -}}
{{- $owned := or .Values.topology.operator.enabled .Values.topology.job.enabled }}
{{- .Values.config.amqp.topology | default (ternary "check" "declare" $owned) }}
{{- end }}

{{/*
The environment variables of the program as a YAML map: `config.api.timeoutSeconds` becomes
ORDER_RELAY_API__TIMEOUT_SECONDS. A null leaves the program its default.
*/}}
{{- define "order-relay.settings" -}}
{{- $variables := dict }}
{{- range $group, $settings := .Values.config }}
{{- if kindIs "map" $settings }}
{{- range $name, $value := $settings }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $variables (printf "ORDER_RELAY_%s__%s" (upper $group) (upper (snakecase $name))) (include "order-relay.text" $value) }}
{{- end }}
{{- end }}
{{- else if not (kindIs "invalid" $settings) }}
{{- $_ := set $variables (printf "ORDER_RELAY_%s" (upper (snakecase $group))) (include "order-relay.text" $settings) }}
{{- end }}
{{- end }}
{{- $_ := set $variables "ORDER_RELAY_AMQP__TOPOLOGY" (include "order-relay.topologyMode" .) }}
{{- toYaml $variables }}
{{- end }}

{{/* The variables that say where certificates are mounted, as a YAML list. */}}
{{- define "order-relay.tlsEnv" -}}
{{- with .Values.tls.amqp }}
{{- if and .secretName .caKey }}
- name: ORDER_RELAY_AMQP__CA_FILE
  value: /run/tls/amqp/ca.pem
{{- end }}
{{- if and .secretName .certKey }}
- name: ORDER_RELAY_AMQP__CERT_FILE
  value: /run/tls/amqp/cert.pem
- name: ORDER_RELAY_AMQP__KEY_FILE
  value: /run/tls/amqp/key.pem
{{- end }}
{{- end }}
{{- with .Values.tls.api }}
{{- if .secretName }}
- name: ORDER_RELAY_API__CA_FILE
  value: /run/tls/api/ca.pem
{{- end }}
{{- end }}
{{- end }}

{{/* The volumes of secrets and certificates, as a YAML list; `secret` names the Secret. */}}
{{- define "order-relay.secretVolumes" -}}
- name: secrets
  secret:
    secretName: {{ include "order-relay.secretName" . }}
    defaultMode: 0440
    items:
      - key: {{ .Values.secrets.keys.amqpUrl }}
        path: amqp__url
      - key: {{ .Values.secrets.keys.apiKey }}
        path: api__key
{{- include "order-relay.tlsVolumes" . }}
{{- end }}

{{/* The volumes of certificates, as a YAML list. */}}
{{- define "order-relay.tlsVolumes" -}}
{{- with .Values.tls.amqp }}
{{- if .secretName }}
- name: amqp-tls
  secret:
    secretName: {{ .secretName }}
    defaultMode: 0440
    items:
      {{- with .caKey }}
      - key: {{ . }}
        path: ca.pem
      {{- end }}
      {{- if .certKey }}
      - key: {{ .certKey }}
        path: cert.pem
      - key: {{ .keyKey }}
        path: key.pem
      {{- end }}
{{- end }}
{{- end }}
{{- with .Values.tls.api }}
{{- if .secretName }}
- name: api-tls
  secret:
    secretName: {{ .secretName }}
    defaultMode: 0440
    items:
      - key: {{ .caKey }}
        path: ca.pem
{{- end }}
{{- end }}
{{- end }}

{{/*
Where these are mounted, as a YAML list. Whole folders: a file mounted by `subPath` would never
change, and a rotated API key would need a restart.
*/}}
{{- define "order-relay.secretMounts" -}}
- name: secrets
  mountPath: /run/secrets/order-relay
  readOnly: true
{{- include "order-relay.tlsMounts" . }}
{{- end }}

{{/* Where the certificates are mounted, as a YAML list. */}}
{{- define "order-relay.tlsMounts" -}}
{{- if .Values.tls.amqp.secretName }}
- name: amqp-tls
  mountPath: /run/tls/amqp
  readOnly: true
{{- end }}
{{- if .Values.tls.api.secretName }}
- name: api-tls
  mountPath: /run/tls/api
  readOnly: true
{{- end }}
{{- end }}

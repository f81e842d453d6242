{{/* The chart's name, or what replaces it. */}}
{{- define "order-relay.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The name of every object, or its beginning. At most 45 characters, so that the longest suffix
(`-retry-604800-binding`) still leaves a Kubernetes name.
*/}}
{{- define "order-relay.fullname" -}}
{{- $name := include "order-relay.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 42 | trimSuffix "-" }}
{{- end }}

{{/* What finds the objects of this release. */}}
{{- define "order-relay.selectorLabels" -}}
app.kubernetes.io/name: {{ include "order-relay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What every object carries. */}}
{{- define "order-relay.labels" -}}
{{ include "order-relay.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/part-of: order-relay
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Metadata of an object: name, namespace and labels. */}}
{{- define "order-relay.metadata" -}}
name: {{ include "order-relay.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "order-relay.labels" . | nindent 2 }}
{{- end }}

{{/* The image: by its digest where there is one. */}}
{{- define "order-relay.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{/* The service account that the pods run as. */}}
{{- define "order-relay.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "order-relay.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The Secret that the pods read: one that exists already, or the one that this chart makes. */}}
{{- define "order-relay.secretName" -}}
{{- default (include "order-relay.fullname" .) .Values.secrets.existingSecret }}
{{- end }}

{{/*
Metadata of a RabbitMQ object; a list of the root context and the end of its name. While the
topology is to be retained, an uninstalled release leaves it, and the orders in it, where they are.
*/}}
{{- define "order-relay.rabbitmqMetadata" -}}
{{- $root := index . 0 }}
name: {{ include "order-relay.fullname" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "order-relay.labels" $root | nindent 2 }}
{{- if $root.Values.topology.operator.retain }}
annotations:
  helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{/* Where a RabbitMQ object belongs: the cluster, and the virtual host. */}}
{{- define "order-relay.rabbitmqPlace" -}}
{{- with .Values.topology.operator }}
vhost: {{ .vhost | quote }}
rabbitmqClusterReference:
  {{- include "order-relay.rabbitmqCluster" $ | trim | nindent 2 }}
{{- end }}
{{- end }}

{{/* The cluster: by the name of its resource, or by a Secret that says how to reach it. */}}
{{- define "order-relay.rabbitmqCluster" -}}
{{- with .Values.topology.operator.cluster }}
{{- if .connectionSecret }}
connectionSecret:
  name: {{ .connectionSecret }}
{{- else }}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What lets a queue dead-letter without losing a message in a crash. */}}
{{- define "order-relay.safeDeadLettering" -}}
x-dead-letter-strategy: at-least-once
x-overflow: reject-publish
{{- end }}

{{/* The delivery limit of queues that a person looks into: never met. */}}
{{- define "order-relay.neverDropped" -}}
1000000000
{{- end }}

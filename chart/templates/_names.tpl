{{/* Names and labels of what the chart makes. */}}

{{- define "kimager.chartName" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's name, with the chart's unless it stands there already. A release may have dots in
its name, a Service must not. */}}
{{- define "kimager.name" -}}
{{- $chart := include "kimager.chartName" . -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- default $name .Values.fullnameOverride | replace "." "-" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What belongs to no namespace is named after its own, so that a release of this name fits in each. */}}
{{- define "kimager.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "kimager.name" .) }}
{{- end }}

{{- define "kimager.account" -}}
{{- default (ternary (include "kimager.name" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "kimager.release" -}}
app.kubernetes.io/name: {{ include "kimager.chartName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What the pod that watches has, and no other. */}}
{{- define "kimager.selector" -}}
{{ include "kimager.release" . }}
app.kubernetes.io/component: watch
{{- end }}

{{- define "kimager.labels" -}}
{{ include "kimager.release" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "kimager.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* What PodSecurity `restricted` asks for, and no file to write. */}}
{{- define "kimager.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "kimager.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

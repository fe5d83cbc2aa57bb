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

{{/* Fails where the cluster does not know a kind of the Prometheus operator that a value asks for. */}}
{{- define "kimager.needs" -}}
{{- $kind := printf "monitoring.coreos.com/v1/%s" (last .) -}}
{{- if not ((first .).Capabilities.APIVersions.Has $kind) -}}
{{- printf "%s.enabled: this cluster has no %s; install the Prometheus operator first, or leave %s.enabled false (for helm template: --api-versions %s)" (index . 1) (last .) (index . 1) $kind | fail -}}
{{- end -}}
{{- end }}

{{/* Of a time such as 30s or 2m; of none: 0. */}}
{{- define "kimager.seconds" -}}
{{- mul (ternary 60 1 (hasSuffix "m" .)) (regexFind "^[0-9]+" . | int) -}}
{{- end }}

{{/* Of a quantity such as 1.5Gi. */}}
{{- define "kimager.bytes" -}}
{{- $units := dict "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := default 1 (get $units (regexFind "[A-Za-z]+$" .)) -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) $unit | printf "%.0f" -}}
{{- end }}

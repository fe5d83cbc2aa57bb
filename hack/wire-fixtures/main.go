// Writes what an API server sends, by Kubernetes' own code, as fixtures for the tests of kimager's
// decoding: the same pod with every kind of container, in a list and in a watch, in both encodings.
//
//	go run . ../../tests/fixtures/wire
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	scheme := runtime.NewScheme()
	must(corev1.AddToScheme(scheme))
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	yes := true
	always := corev1.ContainerRestartPolicyAlways
	digest := func(c string) string { return "sha256:" + string(bytes.Repeat([]byte(c), 64)) }
	status := func(name, image, id, container string) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, Image: image, ImageID: id, ContainerID: container, Ready: true, RestartCount: 3,
			State:        corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(time.Unix(1790000010, 0))}},
			VolumeMounts: []corev1.VolumeMountStatus{{Name: "config", MountPath: "/etc/shop", ReadOnly: true}}}
	}
	app := status("web", "registry.example.com:5000/shop/web:1.4", "registry.example.com:5000/shop/web@"+digest("1"), "containerd://aaaa")
	app.VolumeMounts = append(app.VolumeMounts, corev1.VolumeMountStatus{Name: "model", MountPath: "/model", ReadOnly: true,
		VolumeStatus: &corev1.VolumeStatus{Image: &corev1.ImageVolumeStatus{ImageRef: "registry.example.com:5000/models/small@" + digest("5")}}})
	pod := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-7d4b9c-x2x2x", GenerateName: "web-7d4b9c-", Namespace: "shop",
			UID: "12345678-9abc-def0-1234-56789abcdef0", ResourceVersion: "4711", Generation: 2,
			CreationTimestamp: metav1.NewTime(time.Unix(1790000000, 0)),
			Labels:            map[string]string{"app": "web", "pod-template-hash": "7d4b9c", "team": "käse"},
			Annotations:       map[string]string{"note": "two\nlines", "empty": ""},
			Finalizers:        []string{"example.com/hold"},
			OwnerReferences: []metav1.OwnerReference{
				{APIVersion: "example.com/v1", Kind: "Shop", Name: "shop", UID: "u1"},
				{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-7d4b9c", UID: "u2", Controller: &yes, BlockOwnerDeletion: &yes}},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl", Operation: "Update", APIVersion: "v1", FieldsType: "FieldsV1",
				FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{}}`)}}},
		},
		Spec: corev1.PodSpec{
			NodeName: "node-1", ServiceAccountName: "web", RestartPolicy: corev1.RestartPolicyAlways,
			Volumes: []corev1.Volume{
				{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "config"}}}},
				{Name: "model", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "registry.example.com:5000/models/small:2", PullPolicy: corev1.PullIfNotPresent}}},
				{Name: "data", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "data@" + digest("6")}}}},
			InitContainers: []corev1.Container{
				{Name: "migrate", Image: "shop/migrate:1.4", Command: []string{"migrate"}},
				{Name: "proxy", Image: "proxy:3", RestartPolicy: &always}},
			Containers: []corev1.Container{
				{Name: "web", Image: "registry.example.com:5000/shop/web:1.4", Env: []corev1.EnvVar{{Name: "A", Value: "ü"}},
					Resources:    corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m")}},
					VolumeMounts: []corev1.VolumeMount{{Name: "model", MountPath: "/model"}}},
				{Name: "metrics", Image: "exporter"}},
			EphemeralContainers: []corev1.EphemeralContainer{{
				EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger", Image: "busybox:1.37"}, TargetContainerName: "web"}},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.7", HostIP: "192.0.2.1",
			Conditions:            []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses:     []corev1.ContainerStatus{status("metrics", "exporter", "docker-pullable://exporter@"+digest("2"), "containerd://bbbb"), app},
			InitContainerStatuses: []corev1.ContainerStatus{status("migrate", "shop/migrate:1.4", digest("3"), "containerd://cccc"), status("proxy", "proxy:3", "proxy@"+digest("4"), "containerd://dddd")},
			EphemeralContainerStatuses: []corev1.ContainerStatus{{Name: "debugger", Image: "busybox:1.37",
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}}},
		},
	}
	bookmark := &corev1.Pod{TypeMeta: pod.TypeMeta, ObjectMeta: metav1.ObjectMeta{ResourceVersion: "4712",
		Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}}
	expired := apierrors.NewResourceExpired("too old resource version: 1 (4711)").ErrStatus
	expired.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}

	binary := func(object runtime.Object) []byte {
		var buffer bytes.Buffer
		must(protobuf.NewSerializer(scheme, scheme).Encode(object, &buffer))
		return buffer.Bytes()
	}
	text := func(object any) []byte {
		text, err := json.Marshal(object)
		must(err)
		return append(text, '\n')
	}
	write := func(name string, content []byte) { must(os.WriteFile(filepath.Join(os.Args[1], name), content, 0o644)) }

	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"},
		ListMeta: metav1.ListMeta{ResourceVersion: "4711", Continue: "next"}, Items: []corev1.Pod{*pod, *pod}}
	write("list.pb", binary(list))
	write("list.json", text(list))

	var frames, lines bytes.Buffer
	framer := protobuf.LengthDelimitedFramer.NewFrameWriter(&frames)
	event := func(kind string, object runtime.Object) {
		raw := runtime.RawExtension{Raw: binary(object)}
		must(protobuf.NewRawSerializer(scheme, scheme).Encode(&metav1.WatchEvent{Type: kind, Object: raw}, framer))
		lines.Write(text(&metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: text(object)}}))
	}
	event("ADDED", pod)
	event("BOOKMARK", bookmark)
	event("DELETED", pod)
	event("ERROR", &expired)
	write("watch.pb", frames.Bytes())
	write("watch.json", lines.Bytes())

	invalid := apierrors.NewInvalid(schema.GroupKind{Group: "meta.k8s.io", Kind: "ListOptions"}, "",
		field.ErrorList{field.Forbidden(field.NewPath("sendInitialEvents"), "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")}).ErrStatus
	invalid.TypeMeta = expired.TypeMeta
	write("refusal.pb", binary(&invalid))
	write("refusal.json", text(&invalid))
}

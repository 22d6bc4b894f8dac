import GuardCore
import Testing

struct CgroupPathContainerTests {
  private static let id = String(repeating: "0123456789abcdef", count: 4)
  private static let uid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
  private static let escaped = "0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9"
  private static let hash = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

  @Test(arguments: [
    ("/system.slice/docker-\(id).scope", id, nil),
    ("/system.slice/docker-\(id).scope/inner/deep", id, nil),
    ("/docker/\(id)", id, nil),
    ("/machine.slice/libpod-\(id).scope/container", id, nil),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container", id, nil),
    ("/machine.slice/libpod-conmon-\(id).scope", nil, nil),
    ("/system.slice/nerdctl-\(id).scope", id, nil),
    ("/ecs/4f1e/\(id)", id, nil),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice/cri-containerd-\(id).scope",
      id,
      uid
    ),
    ("/kubepods.slice/kubepods-pod\(escaped).slice/crio-\(id).scope", id, uid),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(hash).slice/cri-containerd-\(id).scope",
      id, hash
    ),
    ("/kubepods/besteffort/pod\(uid)/\(id)", id, uid),
    ("/kubepods/pod\(uid)", nil, uid),
    (
      "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod\(escaped).slice/cri-containerd-\(id).scope",
      id, uid
    ),
    // A container in a container is the outer one's affair.
    ("/system.slice/docker-\(id).scope/docker/\(String(id.reversed()))", id, nil),
    ("/system.slice/postgresql@15-main.service", nil, nil),
    ("/system.slice/docker-\(id.dropLast()).scope", nil, nil),
    ("/system.slice/docker-\(id.dropLast())g.scope", nil, nil),
    ("/system.slice/podman-pod.slice", nil, nil),
    ("/pods/podcast.service", nil, nil),
    ("/", nil, nil),
  ])
  func containerAndPodAreReadOffTheName(path: String, container: String?, pod: String?) {
    let path = CgroupPath(path.utf8)
    #expect(path.containerID.map { String(decoding: $0, as: UTF8.self) } == container)
    #expect(path.podUID.map { String(decoding: $0, as: UTF8.self) } == pod)
  }
}

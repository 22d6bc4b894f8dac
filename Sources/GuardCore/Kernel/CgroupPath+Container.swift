// Containers and pods by their cgroup's name, as the engines lay them out: below systemd as scopes and slices, or
// with the `cgroupfs` driver as plain directories. The outermost counts: what lies below it was named by whoever
// is inside. Sources: runc libcontainer/cgroups/systemd, CRI-O and containerd (`<prefix>-<id>.scope`), Kubernetes
// pkg/kubelet/cm/cgroup_manager_linux.go and pod_container_manager_linux.go.
extension CgroupPath {
  /// The container's id: 64 hexadecimal digits.
  package var containerID: [UInt8]? {
    for component in components {
      var name = component
      if name.ends(with: ".scope") { name = name.dropLast(6) }
      if Self.isID(name) { return Array(name) }
      for prefix: StaticString in ["docker-", "cri-containerd-", "crio-", "libpod-", "nerdctl-"] {
        let id = name.dropFirst(prefix.utf8CodeUnitCount)
        if name.starts(with: prefix), Self.isID(id) { return Array(id) }
      }
    }
    return nil
  }

  /// The Kubernetes pod's uid, as `kubectl get pod -o jsonpath={.metadata.uid}` prints it. Of a static pod it is
  /// the hash that its mirror carries as `kubernetes.io/config.hash`.
  package var podUID: [UInt8]? {
    for component in components {
      // kubepods-burstable-pod<uid>.slice, in which systemd's rules turn "-" into "_"; or pod<uid>.
      var name = component
      if name.ends(with: ".slice") {
        guard let mark = name.lastPosition(of: "-pod") else { continue }
        name = name[(mark + 4)...].dropLast(6)
      } else if name.starts(with: "pod") {
        name = name.dropFirst(3)
      } else {
        continue
      }
      let uid = name.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
      if Self.isPodUID(uid) { return uid }
    }
    return nil
  }

  private var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

  private static func isID(_ name: ArraySlice<UInt8>) -> Bool {
    name.count == 64 && name.allSatisfy { $0.hexValue != nil }
  }

  /// `8-4-4-4-12` hexadecimal digits, or 32 without dashes.
  private static func isPodUID(_ uid: [UInt8]) -> Bool {
    let groups = uid.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] || groups.map(\.count) == [32] else { return false }
    return groups.allSatisfy { $0.allSatisfy { $0.hexValue != nil } }
  }
}

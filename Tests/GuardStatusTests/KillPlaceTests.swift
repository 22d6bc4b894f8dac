import GuardCore
import GuardStatus
import Testing

struct KillPlaceTests {
  private func kill(
    in cgroup: String?, limit: String?, _ constraint: OOMKill.Constraint?
  ) -> StatusDocument.Kill {
    var kill = OOMKill(victim: .init(pid: 7))
    kill.victim.cgroup = cgroup.map { Array($0.utf8) }
    (kill.limitCgroup, kill.constraint) = (limit.map { Array($0.utf8) }, constraint)
    return StatusDocument.Kill(kill)
  }

  @Test(arguments: [
    (
      "/system.slice/a.service", "/system.slice/a.service", OOMKill.Constraint.memcg,
      StatusDocument.Kill.Limit.own
    ),
    ("/system.slice/a.service/inner", "/system.slice/a.service", .memcg, .own),
    ("/system.slice/a.service/inner", "/system.slice/a.service/inner", .memcg, .own),
    ("/system.slice/a.service", "/system.slice", .memcg, .parent),
    ("/a.slice/a-b.slice/c.scope", "/a.slice", .memcg, .parent),
    ("/a.slice/a-b.slice", "/a.slice", .memcg, .parent),
    ("/a.slice/a-b.slice", "/a.slice/a-b.slice", .memcg, .own),
    // The unit's name is not a part of another's.
    ("/system.slice/a.service", "/system.slice/a.service2", .memcg, .parent),
    ("/docker/1234", "/docker/1234", .memcg, .own), ("/docker/1234", "/docker", .memcg, .parent),
    ("/docker/1234", "/", .memcg, .parent),
    // Before Linux 4.20 no line tells the constraint.
    ("/jobs/1", "/jobs", nil, .parent),
    ("/system.slice/a.service", nil, .memcg, nil), (nil, "/system.slice", .memcg, nil),
    ("/system.slice/a.service", nil, .global, .machine), (nil, nil, .global, .machine),
    ("/system.slice/a.service", nil, .cpuset, nil), ("/system.slice/a.service", nil, .mempolicy, nil),
    (nil, nil, nil, nil),
  ])
  func whoseLimitItWas(
    cgroup: String?, limitCgroup: String?, constraint: OOMKill.Constraint?, limit: StatusDocument.Kill.Limit?
  ) {
    #expect(kill(in: cgroup, limit: limitCgroup, constraint).limit == limit)
  }

  @Test func unitContainerAndPodAreReadOffTheCgroup() {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let slice = "/kubepods.slice/kubepods-pod0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9.slice"
    let pod = kill(in: "\(slice)/cri-containerd-\(id).scope/x", limit: nil, .memcg).victim
    #expect(
      pod
        == StatusDocument.Kill.Victim(
          pid: 7, unit: "cri-containerd-\(id).scope", container: id,
          pod: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
          cgroup: "\(slice)/cri-containerd-\(id).scope/x"))
    let home = "/user.slice/user-1000.slice/user@1000.service/app.slice/mail.service"
    #expect(
      kill(in: home, limit: nil, .global).victim
        == StatusDocument.Kill.Victim(
          pid: 7, unit: "user@1000.service", userUnit: "mail.service", cgroup: home))
    #expect(kill(in: nil, limit: nil, nil).victim == StatusDocument.Kill.Victim(pid: 7))
  }
}

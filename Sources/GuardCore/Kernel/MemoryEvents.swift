/// What a memory cgroup counts of its victims: `memory.events` of cgroup v2, `memory.oom_control` of v1.
/// Source: mm/memcontrol.c: __memory_events_show, mem_cgroup_oom_control_read.
package struct MemoryEvents: Equatable, Sendable {
  /// Processes of this cgroup that any OOM killer killed, whoever's limit was hit; since Linux 4.13. Since 5.2 v2
  /// counts those of the cgroups below as well. Raised just before the kill is printed.
  package var oomKills: UInt64?

  package init(_ text: [UInt8]) { oomKills = KernelFields.value(of: "oom_kill", in: text[...]) }
}

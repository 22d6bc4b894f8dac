extension InterfaceDescription {
  /// `packaging/io.oomguard.Guard.varlink`, byte for byte: a test compares them.
  static let guardian = #"""
    # Asks what is protected from the kernel's OOM killer, who would be killed next, and what was
    # killed. It only reads.
    #
    # Sizes are in KiB as the kernel prints them, times in RFC 3339, UTC. What is not known is null.
    # Texts that were not UTF-8 have \xNN in them. Words that are not enumerated here have a dash in
    # them, as 'kernel-log'.
    interface io.oomguard.Guard

    # Which configuration is in force; error is what was wrong with a newer one.
    type Config (files: []string, loaded_at: string, error: ?string)

    # A capability the daemon has to do without.
    type Degradation (what: string, why: string)

    # A process that a rule matched. score: what it carries now; base: what it would carry without
    # oomguard.
    type Process (
      pid: int,
      comm: string,
      unit: ?string,
      cgroup: ?string,
      score: ?int,
      base: ?int,
      state: (held, drifted, yielded, refused, pending),
      error: ?string
    )

    # A rule; at most 64 of its processes are listed, those not held first, and matched counts all.
    type Rule (
      name: string,
      kind: (protect, sacrifice),
      score: int,
      scope: ?(main, all),
      matched: int,
      warning: ?string,
      processes: []Process
    )

    # Who takes memory fastest.
    type Fastest (pid: int, comm: string, unit: ?string, kb_per_second: int)

    # The pressure within one protected unit.
    type UnitPressure (unit: string, level: (calm, warning, critical, unknown), since: string)

    # How short memory is. source: psi, or sampled where the kernel has no PSI.
    type Pressure (
      level: (calm, warning, critical, unknown),
      since: ?string,
      some_avg10: ?float,
      full_avg10: ?float,
      some_total_usec: ?int,
      full_total_usec: ?int,
      available_percent: ?float,
      source: ?(psi, sampled),
      exhausted_in_seconds: ?int,
      fastest: ?Fastest,
      units: []UnitPressure
    )

    # The process that was killed. user_unit: the unit of a user's own manager; pod: a Kubernetes pod's
    # uid.
    type KillVictim (
      pid: ?int,
      comm: ?string,
      uid: ?int,
      unit: ?string,
      user_unit: ?string,
      container: ?string,
      pod: ?string,
      cgroup: ?string,
      score: ?int,
      total_vm_kb: ?int,
      anon_rss_kb: ?int,
      file_rss_kb: ?int,
      shmem_rss_kb: ?int,
      pgtables_kb: ?int
    )

    # The task whose allocation failed: of 2^order pages; an order of -1 is SysRq-f.
    type KillTrigger (pid: ?int, comm: ?string, gfp_mask: ?string, order: ?int)

    # One process killed by the kernel's OOM killer. source: kernel-log, or memory-events or vmstat for
    # a kill that only the kernel's counts tell of. limit: whose limit was hit. protected: whether it
    # held a promise when it died.
    type Kill (
      id: ?string,
      seq: ?int,
      at: ?string,
      victim: KillVictim,
      trigger: KillTrigger,
      constraint: ?(global, memcg, cpuset, mempolicy),
      limit_cgroup: ?string,
      limit: ?(own, parent, machine),
      protected: ?bool,
      rule: ?string,
      tasks_dumped: ?int,
      source: string
    )

    # How many kills had this constraint, and how many of their victims held a promise.
    type ConstraintCount (
      constraint: (global, memcg, cpuset, mempolicy),
      total: int,
      protected: int
    )

    # The kills of this boot, the latest 256 of them in full, newest last. constraints counts all of
    # which it is known. vmstat_oom_kill is the kernel's own count.
    type Kills (
      total: int,
      protected: int,
      lost_records: int,
      unlogged: int,
      constraints: []ConstraintCount,
      vmstat_oom_kill: ?int,
      last: []Kill
    )

    # What the daemon did since it started.
    type Counters (
      writes: int,
      repairs: int,
      conflicts: int,
      overruns: int,
      surveys: int,
      wakeups: int,
      unsent: int
    )

    # Somebody who could be killed.
    type Victim (
      pid: int,
      comm: string,
      unit: ?string,
      cgroup: ?string,
      rule: ?string,
      score: int,
      badness_kb: int,
      rss_kb: int,
      swap_kb: int,
      pgtables_kb: int
    )

    # A process that a rule protects. margin_kb: how much more it would have to use to be killed next;
    # null for one that is never chosen.
    type Protected (
      rule: string,
      pid: int,
      comm: string,
      unit: ?string,
      score: int,
      margin_kb: ?int
    )

    # What the daemon does, as in `oomguardctl status --json`, with the pressure read now. daemon:
    # running, stopped, stuck, not-installed; problem: what is the matter with it or with what it left.
    # The others are null where it left nothing.
    method GetStatus() -> (
      daemon: ?string,
      problem: ?string,
      version: ?string,
      pid: ?int,
      start_ticks: ?int,
      since: ?string,
      written_at: ?string,
      reconcile_seconds: ?int,
      state: ?(running, degraded, stopping),
      dry_run: ?bool,
      config: ?Config,
      degraded: ?[]Degradation,
      rules: ?[]Rule,
      pressure: ?Pressure,
      kills: ?Kills,
      counters: ?Counters
    )

    # Who would be killed next, in the order in which the kernel would take them, as in `oomguardctl
    # victims --json`: if the machine ran out of memory, or a cgroup reached its limit. scale_kb: what
    # scores are thousandths of. never_chosen: how many processes the kernel passes over. notes: what
    # the answer leaves open, and why.
    method GetVictims(cgroup: ?string) -> (
      scope: string,
      scale_kb: int,
      victims: []Victim,
      protected: []Protected,
      never_chosen: int,
      notes: []string
    )

    # The kills of this machine, oldest first, as in `oomguardctl kills --json`: from the journal, of
    # any boot, or from the daemon's status; why says why not from the journal, or not all of them. At
    # most the newest 1024 are told. since: a time as journalctl takes it; unit: a name, a glob, or a
    # slice.
    method GetKills(since: ?string, unit: ?string) -> (
      kills: []Kill,
      source: ?(journal, daemon),
      why: ?string
    )

    # Tells of each event as it happens, as in `oomguardctl watch --json`; must be called with 'more'.
    # Which of the fields there are depends on the event: message is for people, and the others are
    # those of the journal entry.
    method Subscribe() -> (
      event: (kill, pressure, drift, conflict, protect, restore, config, degraded, lost),
      at: string,
      message: string,
      id: ?string,
      victim_pid: ?int,
      victim_comm: ?string,
      victim_uid: ?int,
      victim_unit: ?string,
      victim_user_unit: ?string,
      victim_container: ?string,
      victim_pod: ?string,
      victim_cgroup: ?string,
      victim_score: ?int,
      victim_total_vm_kb: ?int,
      victim_anon_rss_kb: ?int,
      victim_file_rss_kb: ?int,
      victim_shmem_rss_kb: ?int,
      victim_pgtables_kb: ?int,
      trigger_pid: ?int,
      trigger_comm: ?string,
      trigger_gfp_mask: ?string,
      trigger_order: ?int,
      constraint: ?string,
      limit_cgroup: ?string,
      limit: ?string,
      protected: ?bool,
      rule: ?string,
      kernel_seq: ?int,
      source: ?string,
      tasks_dumped: ?int,
      report: ?string,
      level: ?string,
      unit: ?string,
      cgroup: ?string,
      some_avg10: ?float,
      full_avg10: ?float,
      available_percent: ?float,
      exhausted_in_seconds: ?int,
      fastest_pid: ?int,
      fastest_comm: ?string,
      fastest_unit: ?string,
      fastest_kb_per_second: ?int,
      score: ?int,
      scores: ?[]int,
      count: ?int,
      pids: ?[]int,
      pid: ?int,
      comm: ?string,
      old_score: ?int,
      base: ?int,
      error: ?string,
      what: ?string,
      why: ?string,
      lost_records: ?int
    )

    # It cannot be told, and why; with what to do.
    error NotAvailable (why: string)

    """#
}

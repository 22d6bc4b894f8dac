import GuardCore

func readProcessTexts(_ input: [UInt8]) throws(Contradiction) {
  _ = try? ProcessIdentity(stat: input)
  _ = try? ProcessStat(input)
  _ = ProcessStatus(input)
  _ = try? MemoryInfo(input)
  _ = try? Pressure(input)
  _ = ZoneInfo(input)
  _ = MountTable(input)
  _ = PasswdFile(input)
  _ = SharedSizes(input)
  _ = SharedSegment.table(input)
  _ = UnusedSlab(slab: input, dentries: input, inodes: input, vmstat: input)
  try claim(
    VMStat(input).oomKills == VMStat.oomKills(in: input)
      && MemoryEvents(input).oomKills == VMStat(input).oomKills,
    "a counter has one value")
  for version in [CgroupVersion.v2, .v1Systemd, .v1Memory] {
    if let path = version.path(in: input) { try readCgroup(path) }
  }
  try readCgroup(CgroupPath(input))
  try readMappings(input)
}

private func readCgroup(_ path: CgroupPath) throws(Contradiction) {
  if let unit = path.unitPath {
    try claim(path.bytes.starts(with: unit.bytes), "a unit's cgroup is the path's beginning")
  }
  try claim(path.unitPath == nil || path.unit != nil, "a unit's cgroup has its name")
  _ = (path.userUnit, path.containerID, path.podUID, path.isSlice)
  var below = path
  while let parent = below.parent {
    try claim(parent.bytes.count < below.bytes.count, "the way up ends")
    below = parent
  }
}

private func readMappings(_ input: [UInt8]) throws(Contradiction) {
  var whole = ProcessMappings(tmpfs: [DeviceNumber(major: 0, minor: 0x17)])
  var cut = whole
  whole.read(input[...])
  for piece in pieces(of: input) { cut.read(piece) }
  whole.finish()
  cut.finish()
  try claim(
    cut.parts == whole.parts && cut.objects == whole.objects && cut.proportionalKB == whole.proportionalKB,
    "mappings in pieces are the same")
  _ = ExitEffect(whole, pgtablesKB: .max, segments: SharedSegment.table(input))
}

func readState(_ input: [UInt8]) throws(Contradiction) {
  let boot = Array("b".utf8)
  guard let state = SavedState(input, boot: boot) else { return }
  // As the next daemon rewrites it.
  var text = SavedState.header(boot: boot)
  for (process, debt) in state.debts { text += SavedState.text(process, debt) }
  if let told = state.told { text += SavedState.line(told) }
  let again = SavedState(Array(text.utf8), boot: boot)
  try claim(again?.told == state.told, "what was told is remembered")
  for (process, debt) in state.debts {
    var expected = debt
    // Lines of an earlier release do not say what was written.
    if debt.written == nil { expected.writtenBefore = nil }
    try claim(again?.debts[process] == expected, "what \(process) is owed is remembered")
  }
  try claim(again?.debts.count == state.debts.count, "nobody else is owed anything")
}

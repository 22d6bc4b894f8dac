/// What one process has in memory, by what it is: its mappings added up, from the text of `/proc/<pid>/smaps`, which
/// is long: feed it in pieces of any size. Sizes in KiB. Source: proc_pid_smaps(5); fs/proc/task_mmu.c.
package struct ProcessMappings: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case heap, stack
    /// Pages of files it has changed for itself, and the zeroed data behind them.
    case data
    /// Other private anonymous memory: large allocations, thread stacks.
    case mmap
    /// Pages of files that it alone maps, and those that others map as well.
    case privateFile = "private_file"
    case sharedFile = "shared_file"
    case sharedAnonymous = "shared_anonymous"
    case memfd
    case sysv
    /// Files of a tmpfs.
    case tmpfs
    case hugePages = "huge_pages"
  }

  package struct Sizes: Equatable, Sendable {
    /// In RAM, and of that what nobody else maps.
    package var residentKB: UInt64 = 0
    package var privateKB: UInt64 = 0
    package var swappedKB: UInt64 = 0
    package var lockedKB: UInt64 = 0

    package init(residentKB: UInt64 = 0, privateKB: UInt64 = 0, swappedKB: UInt64 = 0, lockedKB: UInt64 = 0) {
      (self.residentKB, self.privateKB) = (residentKB, privateKB)
      (self.swappedKB, self.lockedKB) = (swappedKB, lockedKB)
    }
  }

  /// Shared memory that does not end with the process.
  package struct Object: Hashable, Sendable {
    package var kind: Kind
    /// A path, or `/SYSV` and a key.
    package var name: [UInt8]
    /// Of a System V segment its id.
    package var inode: UInt64

    package init(kind: Kind, name: [UInt8], inode: UInt64) {
      (self.kind, self.name, self.inode) = (kind, name, inode)
    }
  }

  package private(set) var parts: [Kind: Sizes] = [:]
  package private(set) var objects: [Object: Sizes] = [:]
  package private(set) var proportionalKB: UInt64 = 0
  /// Which devices are tmpfs.
  private let tmpfs: Set<DeviceNumber>

  private struct Mapping {
    var end: ArraySlice<UInt8>
    var kind: Kind
    var object: Object?
    var isFile = false
    var resident: UInt64 = 0
    var anonymous: UInt64 = 0
    var own: UInt64 = 0
    var swapped: UInt64 = 0
    var locked: UInt64 = 0
    var hugeOwn: UInt64 = 0
    var hugeShared: UInt64 = 0
  }

  private var lines = LineAssembler()
  private var mapping: Mapping?

  package init(tmpfs: Set<DeviceNumber>) { self.tmpfs = tmpfs }

  package mutating func read(_ piece: ArraySlice<UInt8>) {
    var lines = LineAssembler()
    swap(&lines, &self.lines)
    lines.read(piece) { readLine($0) }
    swap(&lines, &self.lines)
  }

  /// Adds the last mapping; to be called when the text is at its end.
  package mutating func finish() {
    if let mapping { add(mapping) }
    mapping = nil
  }

  private mutating func readLine(_ line: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    // "Rss:   8 kB"; a mapping's first line has a range of addresses before any colon.
    if let first = line.first, first.isLetter, !first.isLowercaseHex {
      guard
        let value = line[(colon + 1)...].split(maxSplits: 1, whereSeparator: { $0.isBlank }).first
          .flatMap({ UInt64(ascii: $0) })
      else { return }
      readField(line[..<colon], value)
    } else {
      let previous = mapping
      if let previous { add(previous) }
      mapping = opened(line, after: previous)
    }
  }

  private mutating func readField(_ name: ArraySlice<UInt8>, _ kb: UInt64) {
    switch name.count {
    case 3 where name.equals("Rss"): mapping?.resident = kb
    case 3 where name.equals("Pss"): proportionalKB &+= mapping == nil ? 0 : kb
    case 4 where name.equals("Swap"): mapping?.swapped = kb
    case 6 where name.equals("Locked"): mapping?.locked = kb
    case 9 where name.equals("Anonymous"): mapping?.anonymous = kb
    case 13 where name.equals("Private_Clean") || name.equals("Private_Dirty"): mapping?.own &+= kb
    case 15 where name.equals("Private_Hugetlb"): mapping?.hugeOwn = kb
    case 14 where name.equals("Shared_Hugetlb"): mapping?.hugeShared = kb
    default: break
    }
  }

  /// A mapping's first line: `55d0-55d8 rw-p 00000000 fe:00 254163   /usr/bin/head`.
  private func opened(_ line: ArraySlice<UInt8>, after previous: Mapping?) -> Mapping? {
    var cursor = ByteCursor(line)
    let range = cursor.word().split(separator: UInt8(ascii: "-"))
    let flags = cursor.word()
    _ = cursor.word()
    let device = DeviceNumber(hexadecimal: cursor.word())
    let inode = UInt64(ascii: cursor.word()) ?? 0
    let name = cursor.rest
    guard range.count == 2, flags.count == 4 else { return nil }
    let isShared = flags.last == UInt8(ascii: "s")

    func object(_ kind: Kind) -> Mapping {
      Mapping(end: range[1], kind: kind, object: Object(kind: kind, name: Array(name), inode: inode))
    }
    if name.starts(with: "/SYSV") { return object(.sysv) }
    if name.starts(with: "/memfd:") { return isShared ? object(.memfd) : Mapping(end: range[1], kind: .mmap) }
    if name.starts(with: "/dev/zero") || name.starts(with: "[anon_shmem") {
      return Mapping(end: range[1], kind: .sharedAnonymous)
    }
    if let device, tmpfs.contains(device), inode != 0 {
      var mapping = object(.tmpfs)
      mapping.isFile = !isShared
      return mapping
    }
    if inode != 0 { return Mapping(end: range[1], kind: .privateFile, isFile: true) }
    if isShared { return Mapping(end: range[1], kind: .sharedAnonymous) }
    if name.equals("[heap]") { return Mapping(end: range[1], kind: .heap) }
    if name.starts(with: "[stack") { return Mapping(end: range[1], kind: .stack) }
    if name.starts(with: "[v") { return Mapping(end: range[1], kind: .privateFile, isFile: true) }
    // What follows a file's last pages without a gap is its bss.
    let follows = previous.map { $0.isFile && $0.end.elementsEqual(range[0]) } ?? false
    return Mapping(end: range[1], kind: follows && name.isEmpty ? .data : .mmap)
  }

  private mutating func add(_ mapping: Mapping) {
    let huge = mapping.hugeOwn &+ mapping.hugeShared
    if huge > 0 { add(Sizes(residentKB: huge, privateKB: mapping.hugeOwn), to: .hugePages) }
    guard mapping.isFile else {
      let sizes = Sizes(
        residentKB: mapping.resident, privateKB: mapping.own, swappedKB: mapping.swapped,
        lockedKB: mapping.locked)
      add(sizes, to: mapping.kind)
      if let object = mapping.object { objects[object, default: Sizes()] += sizes }
      return
    }
    // Pages it has written to are its own copies; the rest is the file's. What was locked is told for both at once.
    let copied = min(mapping.anonymous, mapping.resident)
    let ownCopies = min(mapping.own, copied)
    let (fromFile, own) = (mapping.resident - copied, min(mapping.own - ownCopies, mapping.resident - copied))
    let lockedFile = min(mapping.locked, fromFile)
    add(
      Sizes(
        residentKB: copied, privateKB: ownCopies, swappedKB: mapping.swapped,
        lockedKB: mapping.locked - lockedFile), to: .data)
    if let object = mapping.object {
      let sizes = Sizes(residentKB: fromFile, privateKB: own, lockedKB: lockedFile)
      add(sizes, to: object.kind)
      objects[object, default: Sizes()] += sizes
    } else {
      let lockedOwn = min(lockedFile, own)
      add(Sizes(residentKB: own, privateKB: own, lockedKB: lockedOwn), to: .privateFile)
      add(Sizes(residentKB: fromFile - own, lockedKB: lockedFile - lockedOwn), to: .sharedFile)
    }
  }

  private mutating func add(_ sizes: Sizes, to kind: Kind) { parts[kind, default: Sizes()] += sizes }

  package var total: Sizes { parts.values.reduce(into: Sizes()) { $0 += $1 } }
}

extension ProcessMappings.Sizes {
  static func += (sum: inout Self, part: Self) {
    sum.residentKB &+= part.residentKB
    sum.privateKB &+= part.privateKB
    sum.swappedKB &+= part.swappedKB
    sum.lockedKB &+= part.lockedKB
  }
}

extension UInt8 {
  /// Addresses are written so; every field's name begins with a capital letter.
  fileprivate var isLowercaseHex: Bool { (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) }
}

extension DeviceNumber {
  /// As smaps has it, `fe:00`.
  init?(hexadecimal text: ArraySlice<UInt8>) {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(String(decoding: parts[0], as: UTF8.self), radix: 16),
      let minor = UInt32(String(decoding: parts[1], as: UTF8.self), radix: 16)
    else { return nil }
    self.init(major: major, minor: minor)
  }
}

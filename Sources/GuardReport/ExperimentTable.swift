internal import GuardCore
package import GuardLinux

/// The experiments of one run, and those that could not be made.
package struct ExperimentTable: Sendable {
  package struct Failure: Sendable, Encodable {
    package var kind: String
    package var why: String
  }

  package private(set) var experiments: [Experiment] = []
  package private(set) var failures: [Failure] = []

  /// Makes them one after another. A signal that would end this process has it end after the one at hand.
  package init(
    of kinds: [HeldMemory.Kind], bytes: Int, in directory: String, drops: Bool, on root: RootDirectory
  ) throws(Refusal) {
    guard root.isMachine else { throw Refusal(.usage, "experiments are of this machine; leave --root out") }
    guard OwnProcess.effectiveUID == 0 else {
      throw Refusal(
        .notPermitted, "only root may limit memory and drop caches; try: sudo oomguardctl experiment")
    }
    OwnProcess.deferringSignals { arePending in
      for kind in kinds where !arePending() {
        do {
          experiments.append(try Experiment(kind, bytes: bytes, in: directory, drops: drops))
        } catch {
          failures.append(Failure(kind: kind.rawValue, why: "\(error)"))
        }
      }
    }
  }

  package func lines(in appearance: Appearance) -> [String] {
    var table = Table([
      .init("KIND"), .init("MADE", isRightAligned: true), .init("USED", isRightAligned: true),
      .init("BUFF/CACHE", isRightAligned: true), .init("SEEN IN", canShrink: true),
      .init("DROP 1", isRightAligned: true), .init("DROP 2", isRightAligned: true),
      .init("DROP 3", isRightAligned: true), .init("EXIT FREES", isRightAligned: true),
      .init("STAYS", isRightAligned: true), .init("DROPPED LATER", isRightAligned: true),
    ])
    table.rows = experiments.map { experiment in
      let made = Int64(experiment.bytes / 1024)
      // What others took or left meanwhile is not worth a figure.
      func size(_ kb: Int64?) -> Table.Cell {
        guard let kb else { return "" }
        return .init(kb.magnitude < UInt64(made) / 20 ? "-" : kb.kibibytesText)
      }
      func change(_ old: UInt64, _ new: UInt64) -> Table.Cell {
        let kb = Int64(clamping: new) - Int64(clamping: old)
        return .init(kb.magnitude < UInt64(made) / 20 ? "-" : (kb > 0 ? "+" : "") + kb.kibibytesText)
      }
      let seen = experiment.changes.map {
        "\($0.kind.rawValue) \($0.kb > 0 ? "+" : "")\($0.kb.kibibytesText)"
      }
      let drops = (0..<3).map { $0 < experiment.dropped.count ? experiment.dropped[$0] : nil }
      return [
        .init(experiment.kind.rawValue), .init(made.kibibytesText),
        change(experiment.before.usedKB, experiment.after.usedKB),
        change(experiment.before.buffCacheKB, experiment.after.buffCacheKB),
        .init(seen.isEmpty ? "-" : seen.joined(separator: ", ")),
      ] + drops.map(size) + [
        size(experiment.freedAtExitKB), size(experiment.stayedKB), size(experiment.droppedLaterKB),
      ]
    }
    return table.lines(in: appearance)
      + failures.map { "! \($0.kind): \($0.why)".shown(in: appearance) }
  }
}

extension ExperimentTable: Encodable {
  private enum CodingKeys: String, CodingKey { case experiments, failures }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(experiments, forKey: .experiments)
    try container.encode(failures, forKey: .failures)
  }
}

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
        .notPermitted, "only root may limit memory and drop caches; run it with sudo")
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
    let failed = failures.map { "! \($0.kind): \($0.why)".shown(in: appearance) }
    guard let first = experiments.first else { return failed }
    let isBusy = experiments.contains { $0.changedLines.count > 1 }
    return ["\(mebibytes(first.bytes / 1024)) MiB of each kind; all figures in MiB", ""]
      + seen.lines(in: appearance)
      + (isBusy ? ["The lines are the whole machine's: what others took or left meanwhile shows."] : [])
      + ["", "What freed it:"] + freed.lines(in: appearance) + failed
  }

  /// Where each is counted: before it was made, and after.
  private var seen: Table {
    var table = Table([
      .init("KIND"), .init("COUNTED IN", canShrink: true), .init("BEFORE", isRightAligned: true),
      .init("AFTER", isRightAligned: true), .init("CHANGE", isRightAligned: true),
    ])
    for experiment in experiments {
      func row(_ name: String, _ text: String, _ before: UInt64, _ after: UInt64) -> [Table.Cell] {
        let change = mebibytes(Int64(clamping: after) - Int64(clamping: before))
        return [
          .init(name), .init(text), .init("\(mebibytes(before))"), .init("\(mebibytes(after))"),
          .init(change > 0 ? "+\(change)" : "\(change)"),
        ]
      }
      let (before, after) = (experiment.before, experiment.after)
      table.rows += [
        row(experiment.kind.rawValue, "used", before.usedKB, after.usedKB),
        row("", "buff/cache", before.buffCacheKB, after.buffCacheKB),
      ]
      table.rows += experiment.changedLines.map {
        row("", $0.title, before.lines[$0] ?? 0, after.lines[$0] ?? 0)
      }
    }
    return table
  }

  /// What freed it, step by step.
  private var freed: Table {
    let steps = ["DROP 1", "DROP 2", "DROP 3", "EXIT", "STAYS", "SYNC, DROP 3", "REMOVAL"]
    var table = Table([.init("KIND")] + steps.map { .init($0, isRightAligned: true) })
    table.rows = experiments.map { experiment in
      let drops = (0..<3).map { $0 < experiment.dropped.count ? experiment.dropped[$0] : nil }
      let later = [
        experiment.freedAtExitKB, experiment.stayedKB, experiment.droppedLaterKB, experiment.removedKB,
      ]
      return [.init(experiment.kind.rawValue)]
        + (drops + later).map { kb -> Table.Cell in
          guard let kb else { return "" }
          return .init(kb.magnitude < experiment.leastKB.magnitude ? "-" : "\(mebibytes(kb))")
        }
    }
    return table
  }

  /// To the nearest.
  private func mebibytes<Number: BinaryInteger>(_ kb: Number) -> Number {
    kb < 0 ? (kb - 512) / 1024 : (kb + 512) / 1024
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

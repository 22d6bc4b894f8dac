internal import GuardReport
internal import GuardStatus

/// An event with the fields that the interface describes: a journal may hold entries of a newer daemon.
struct KnownFields: Encodable {
  private var event: EventDocument

  init(_ event: EventDocument) {
    self.event = event
    self.event.fields.removeAll { !EventDocument.knownNames.contains($0.name) }
  }

  func encode(to encoder: any Encoder) throws { try event.encode(to: encoder) }
}

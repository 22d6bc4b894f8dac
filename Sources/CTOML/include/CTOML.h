// TOML text as a flat list of nodes with their places. toml++ parses; nothing of it, no exception and no
// allocation of its own shows through this interface. Lines and columns count from 1, columns in characters.
#ifndef CTOML_H
#define CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;

/// UTF-8 that is not ended by a NUL and may hold one; valid until the document is freed.
typedef struct ctoml_text {
  const char *bytes;
  size_t count;
} ctoml_text;

typedef struct ctoml_position {
  uint32_t line, column;
} ctoml_position;

typedef enum __attribute__((enum_extensibility(closed))) ctoml_kind {
  ctoml_kind_table,
  ctoml_kind_array,
  ctoml_kind_string,
  ctoml_kind_integer,
  ctoml_kind_float,
  ctoml_kind_boolean,
  /// A date, a time of day, or both.
  ctoml_kind_time
} ctoml_kind;

typedef struct ctoml_node {
  ctoml_kind kind;
  ctoml_position position;
  /// The key, for an entry of a table; no bytes for elements of an array and for the root.
  ctoml_text key;
  ctoml_position key_position;
  /// Of a table or array: how many children follow, each directly followed by its own.
  size_t count;
  ctoml_text string;
  int64_t integer;
  double number;
  bool boolean;
} ctoml_node;

/// Parses `count` bytes; free the result. `NULL` if there is no memory left.
ctoml_document *ctoml_parse(const char *bytes, size_t count);
/// `NULL` is let pass.
void ctoml_free(ctoml_document *document);

/// The root table and all that is in it; `NULL` if the text is not TOML.
const ctoml_node *ctoml_nodes(const ctoml_document *document);
size_t ctoml_node_count(const ctoml_document *document);

/// What is wrong and where, if the text is not TOML.
ctoml_text ctoml_message(const ctoml_document *document);
ctoml_position ctoml_message_position(const ctoml_document *document);

#ifdef __cplusplus
}
#endif
#endif

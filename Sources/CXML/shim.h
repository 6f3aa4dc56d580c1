// Its converters' header would bring ICU's along, whose types Foundation has too.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
/// xmlFree, which is a variable that holds a function.
static inline void sb_xml_free(void *memory) { xmlFree(memory); }

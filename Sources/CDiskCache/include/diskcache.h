// Nothing is called from outside: the library is preloaded, and stands in for functions of the C library.

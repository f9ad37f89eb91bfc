module hlbenchtest

go 1.22
